import type { SqlRunner } from '../../../platform/database/postgres.js';

/** A file that came with a message. */
export interface OrderedMedia {
  readonly messageId: number;
  readonly tenantId: number;
  /** WhatsApp's media id. */
  readonly id: string;
  readonly filename: string | null;
}

/** Has the files of new messages fetched (see media/inbound), in the transaction that stores the messages. */
export async function orderMedia(sql: SqlRunner, media: readonly OrderedMedia[]): Promise<void> {
  if (media.length === 0) return;
  await sql.query(
    'webhook-order-media',
    `INSERT INTO inbound_media (message_id, tenant_id, media_id, filename)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])`,
    [
      media.map(({ messageId }) => messageId),
      media.map(({ tenantId }) => tenantId),
      media.map(({ id }) => id),
      media.map(({ filename }) => filename),
    ],
  );
}
