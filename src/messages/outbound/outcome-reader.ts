import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import type { Outcome } from '../../platform/queue/outcome-channel.js';
import { classify } from '../../whatsapp/errors/classify.js';
import { errorCodeOf } from '../message-error.js';

interface OutcomeRow {
  status: string;
  wamid: string | null;
  sent_at: Date | null;
  error_code: string | null;
  error_title: string | null;
  error_details: string | null;
}

/** Reads what a message came to, for a wait that ended without being told. */
@Injectable()
export class OutcomeReader {
  constructor(private readonly postgres: Postgres) {}

  /** Null while the message has no outcome. */
  async read(tenantId: number, messageId: number): Promise<Omit<Outcome, 'key'> | null> {
    const [row] = await this.postgres.query<OutcomeRow>(
      'outbound_read_outcome',
      `SELECT status, wamid, sent_at, error_code, error_title, error_details
         FROM messages WHERE id = $1 AND tenant_id = $2`,
      [messageId, tenantId],
    );
    if (!row || (row.wamid === null && row.status !== 'failed')) return null;
    return {
      message_id: messageId,
      status: row.status,
      wamid: row.wamid,
      sent_at: row.sent_at?.toISOString() ?? null,
      error:
        row.status === 'failed'
          ? {
              code: errorCodeOf(row.error_code),
              title: row.error_title,
              details: row.error_details,
              retryable: isRetryable(row.error_code),
            }
          : null,
    };
  }
}

/** Whether WhatsApp's table calls this a passing fault, so that the caller may send again. */
function isRetryable(code: string | null): boolean {
  return code !== null && /^\d+$/.test(code) && classify(Number(code), null).class === 'retry';
}
