import { Injectable } from '@nestjs/common';
import { GroupedWriter } from '../../platform/database/grouped-writer.js';
import { Postgres } from '../../platform/database/postgres.js';
import type { DeliveryJob } from '../../platform/queue/delivery-queue.js';
import { PATIENCE } from '../lock-patience.js';

interface Released extends Pick<DeliveryJob, 'id' | 'generation' | 'number_id'> {
  /** Due after this time, milliseconds. Absent: at once. */
  delayMs?: number;
}

/** Primary key. Nothing happens to a message that was claimed, ended or released again meanwhile. */
const GIVE_BACK = `
WITH ${PATIENCE},
i AS MATERIALIZED (
  SELECT u.* FROM patience, unnest($1::bigint[], $2::int[], $3::int[]) AS u (id, generation, delay_ms)),
locked AS (
  SELECT m.id, i.delay_ms FROM i JOIN messages m ON m.id = i.id
   WHERE m.generation = i.generation AND m.attempt_state IS NULL AND m.status IN ('queued', 'sending')
     AND m.next_at IS NOT NULL
   ORDER BY m.id FOR UPDATE OF m)
UPDATE messages m SET next_at = now() + l.delay_ms * interval '1 millisecond', updated_at = now()
  FROM locked l WHERE m.id = l.id`;

/** Puts released messages back into the backlog before their lease lapses: they are due and found at once, or after a wait. */
@Injectable()
export class GiveBack {
  private readonly writer: GroupedWriter<Released, null>;

  constructor(postgres: Postgres) {
    this.writer = new GroupedWriter<Released, null>({
      tenantOf: ({ number_id }) => number_id,
      write: async (messages) => {
        await postgres.query('delivery_give_back', GIVE_BACK, [
          messages.map(({ id }) => id),
          messages.map(({ generation }) => generation),
          messages.map(({ delayMs }) => delayMs ?? 0),
        ]);
        return messages.map(() => null);
      },
    });
  }

  async released(message: Released): Promise<void> {
    await this.writer.add(message);
  }
}
