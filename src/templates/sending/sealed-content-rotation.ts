import { Injectable } from '@nestjs/common';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Postgres } from '../../platform/database/postgres.js';
import { SEALED_CONTEXT } from './stored-template.js';

/** Messages in work at once: one-time codes live for minutes, so there are few as a rule. */
const STEP = 500;

// By the partial indexes messages_expiry and messages_unknown: what has ended holds nothing sealed.
const FIND = `
SELECT id FROM messages WHERE status IN ('queued', 'sending') AND type = 'template' AND content ? 'sealed'
UNION ALL
SELECT id FROM messages WHERE status = 'unknown' AND type = 'template' AND content ? 'sealed'`;

/** Moves what messages hold encrypted until they are sent (one-time codes) to the current encryption key. */
@Injectable()
export class SealedContentRotation {
  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Over all tenants. Can be repeated, and runs beside a working platform: a message that ends at the same moment keeps
   * nothing to encrypt.
   * @throws DecryptionError when a value's key is not configured; what was rotated before it stays so
   */
  async rotate(): Promise<{ rotated: number; current: number }> {
    const count = { rotated: 0, current: 0 };
    const found = await this.postgres.query<{ id: number }>('rotation_find_messages', FIND);
    for (let from = 0; from < found.length; from += STEP) {
      const rows = await this.postgres.query<{ id: number; tenant_id: number; sealed: string | null }>(
        'rotation_read_messages',
        `SELECT id, tenant_id, content ->> 'sealed' AS sealed FROM messages WHERE id = ANY ($1::bigint[]) ORDER BY id`,
        [found.slice(from, from + STEP).map(({ id }) => id)],
      );
      for (const { id, tenant_id: tenantId, sealed } of rows) {
        if (sealed === null) continue;
        const bytes = Buffer.from(sealed, 'base64');
        if (this.encryption.isOutdated(bytes)) count.rotated += await this.reseal(tenantId, id, sealed, bytes);
        else count.current += 1;
      }
    }
    return count;
  }

  /** @returns how many messages were changed: none when this one has ended meanwhile */
  private async reseal(tenantId: number, id: number, sealed: string, bytes: Buffer): Promise<number> {
    const plain = this.encryption.decrypt(bytes, SEALED_CONTEXT);
    const changed = await this.postgres.query(
      'rotation_write_message',
      `UPDATE messages SET content = jsonb_set(content, '{sealed}', to_jsonb($4::text))
        WHERE tenant_id = $1 AND id = $2 AND content ->> 'sealed' = $3 RETURNING id`,
      [tenantId, id, sealed, this.encryption.encrypt(plain, SEALED_CONTEXT).toString('base64')],
    );
    return changed.length;
  }
}
