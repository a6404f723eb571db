import { Injectable } from '@nestjs/common';
import { type Author, recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { wakeLanes } from '../lanes/wake-lanes.js';
import { WokenMessages } from '../lanes/woken-messages.js';
import { type Cancellation, cancelMessage } from './cancel-message.js';

/** How long a cancellation waits for a worker that has the row just now, milliseconds. */
const LOCK_TIMEOUT_MS = 2000;

/** Calls messages back that have not left. What it calls cancelled never goes out. */
@Injectable()
export class MessageCancel {
  constructor(
    private readonly postgres: Postgres,
    private readonly woken: WokenMessages,
    private readonly log: Log,
  ) {}

  /** Undefined when the tenant has no such message. Who waited for it in its lane is released. */
  async cancel(tenantId: number, id: number, author: Author): Promise<Cancellation | undefined> {
    const cancellation = await this.postgres.transaction(
      async (sql) => {
        const result = await cancelMessage(sql, tenantId, id);
        if (result?.kind === 'cancelled')
          await recordChanges(sql, author, [{ action: 'message.cancelled', ids: [id] }]);
        return result;
      },
      { lockTimeoutMs: LOCK_TIMEOUT_MS },
    );
    if (cancellation?.kind === 'cancelled') await this.wake(cancellation.chatId);
    return cancellation;
  }

  /** The message is cancelled, whatever happens here: a lane that nobody woke is found by the workers' sweep. */
  private async wake(chatId: number): Promise<void> {
    try {
      this.woken.release(await wakeLanes(this.postgres, [chatId]));
    } catch (error) {
      this.log.warn({ err: error, chat_id: chatId }, 'a lane goes on a little later');
    }
  }
}
