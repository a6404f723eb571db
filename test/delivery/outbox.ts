import { randomBytes } from 'node:crypto';
import { readSettings, type Settings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { IdentityHashes } from '../../src/contacts/erase/identity-hashes.js';
import { IdempotencyKeys } from '../../src/platform/idempotency/idempotency-keys.js';
import { Log } from '../../src/platform/logging/log.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';

/** A number of a tenant of its own. */
export interface Sender {
  tenantId: number;
  accountId: number;
  numberId: number;
}

/** The columns of a message that tests look at. */
export interface StoredMessage {
  id: number;
  status: string;
  generation: number;
  attempt_no: number;
  attempt_state: string | null;
  held_by: string | null;
  retries: number;
  body: string | null;
  priority: number;
  wamid: string | null;
  error_code: string | null;
  error_title: string | null;
  next_at: Date | null;
  /** Seconds from now, by the database's clock. */
  next_in_s: number | null;
  sent_at: Date | null;
  delivered_at: Date | null;
  read_at: Date | null;
  failed_at: Date | null;
  unknown_at: Date | null;
  link_expires_in_days: number | null;
}

export interface StoredAttempt {
  attempt_no: number;
  state: string;
  http_status: number | null;
  error_code: number | null;
  wamid: string | null;
  finished_at: Date | null;
}

/** Columns of `messages` to set, as SQL expressions. */
export type MessageColumns = Partial<Record<string, string | number | null>>;

/** A database of its own with tenants, numbers and messages, as the outbound path leaves them. */
export class Outbox {
  readonly keys: IdempotencyKeys;
  readonly hashes: IdentityHashes;

  private constructor(
    readonly postgres: Postgres,
    readonly settings: Settings,
    private readonly database: string,
  ) {
    const encryption = new Encryption(settings);
    this.keys = new IdempotencyKeys(postgres, encryption);
    this.hashes = new IdentityHashes(postgres, encryption);
  }

  static async create(env: NodeJS.ProcessEnv = {}): Promise<Outbox> {
    const { name, url } = await createDatabase('delivery');
    const settings = readSettings({ ...baseEnvironment(), ...env, DATABASE_URL: url });
    return new Outbox(new Postgres(settings, new Log(settings)), settings, name);
  }

  async close(): Promise<void> {
    await this.postgres.onModuleDestroy();
    await dropDatabase(this.database);
  }

  async sender(options: { rate?: number; policy?: 'fail' | 'resend' } = {}): Promise<Sender> {
    const key = randomBytes(6).toString('hex');
    const tenantId = await this.insert('INSERT INTO tenants (name, subdomain, unknown_policy) VALUES ($1, $1, $2)', [
      key,
      options.policy ?? 'fail',
    ]);
    const accountId = await this.insert(
      'INSERT INTO whatsapp_accounts (tenant_id, waba_id, access_token_encrypted) VALUES ($1, $2, $3)',
      [tenantId, `waba-${key}`, Buffer.alloc(1)],
    );
    const numberId = await this.insert(
      `INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number, rate_per_second)
       VALUES ($1, $2, $3, '+1 555', $4)`,
      [tenantId, accountId, `pn-${key}`, options.rate ?? 80],
    );
    return { tenantId, accountId, numberId };
  }

  /**
   * Queued messages that are due, each with media, contact and chat of its own; `columns` overrides, as SQL expressions
   * (`chat_id` makes them one lane).
   */
  async messages(sender: Sender, count: number, columns: MessageColumns = {}): Promise<number[]> {
    const all: MessageColumns = {
      chat_id: 'owner.chat_id',
      direction: `'outbound'`,
      type: `'image'`,
      status: `'queued'`,
      phone: `'15550001'`,
      generation: 1,
      next_at: `now() - interval '1 second'`,
      expires_at: `now() + interval '1 day'`,
      ...columns,
    };
    const names = Object.keys(all);
    const rows = await this.postgres.pool.query<{ id: number }>(
      `WITH contact AS (INSERT INTO contacts (tenant_id, firstname, type)
                        SELECT $1, 'c', 'lead' FROM generate_series(1, $3::int) RETURNING id),
            chat AS (INSERT INTO chats (tenant_id, number_id, contact_id) SELECT $1, $2, id FROM contact
                     RETURNING id, contact_id),
            owner AS (SELECT id AS chat_id, contact_id, row_number() OVER (ORDER BY id) AS n FROM chat),
            file AS (INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key)
                     VALUES ($1, decode(md5(random()::text), 'hex'), 4, 'image/jpeg', 'key') RETURNING id),
            link AS (INSERT INTO media_links (tenant_id, media_file_id, public_id, filename)
                     SELECT $1, id, md5(random()::text || n), 'a.jpg' FROM file, generate_series(1, $3::int) n RETURNING id),
            address AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM link)
       INSERT INTO messages (tenant_id, number_id, contact_id, media_link_id, ${names.join(', ')})
       SELECT $1, $2, owner.contact_id, address.id, ${names.map((name) => all[name] ?? 'NULL').join(', ')}
         FROM address JOIN owner USING (n) ORDER BY address.id
       RETURNING id`,
      [sender.tenantId, sender.numberId, count],
    );
    return rows.rows.map(({ id }) => id);
  }

  async message(sender: Sender, columns: MessageColumns = {}): Promise<number> {
    const [id] = await this.messages(sender, 1, columns);
    if (id === undefined) throw new Error('no message was stored');
    return id;
  }

  /** The chat of a message, for others of its lane. */
  async chatOf(id: number): Promise<number> {
    const { rows } = await this.postgres.pool.query<{ chat_id: number }>('SELECT chat_id FROM messages WHERE id = $1', [
      id,
    ]);
    const [row] = rows;
    if (!row) throw new Error(`no message ${id}`);
    return row.chat_id;
  }

  /** An attempt row, as a claim leaves it. */
  async attempt(messageId: number, attemptNo: number, state: string): Promise<void> {
    await this.postgres.pool.query(
      `INSERT INTO attempts (message_id, attempt_no, state, worker) VALUES ($1, $2, $3, 'test')`,
      [messageId, attemptNo, state],
    );
  }

  async read(id: number): Promise<StoredMessage> {
    const { rows } = await this.postgres.pool.query<StoredMessage>(
      `SELECT m.*, extract(epoch FROM m.next_at - now())::float8 AS next_in_s,
              extract(day FROM l.expires_at - now())::int AS link_expires_in_days
         FROM messages m LEFT JOIN media_links l ON l.id = m.media_link_id WHERE m.id = $1`,
      [id],
    );
    const [row] = rows;
    if (!row) throw new Error(`no message ${id}`);
    return row;
  }

  async attempts(id: number): Promise<StoredAttempt[]> {
    const { rows } = await this.postgres.pool.query<StoredAttempt>(
      'SELECT * FROM attempts WHERE message_id = $1 ORDER BY attempt_no',
      [id],
    );
    return rows;
  }

  async run(text: string, values: unknown[] = []): Promise<void> {
    await this.postgres.pool.query(text, values);
  }

  private async insert(text: string, values: unknown[]): Promise<number> {
    const { rows } = await this.postgres.pool.query<{ id: number }>(`${text} RETURNING id`, values);
    const [row] = rows;
    if (!row) throw new Error(`nothing was inserted by ${text}`);
    return row.id;
  }
}
