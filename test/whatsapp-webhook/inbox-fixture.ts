import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { IdentityHashes } from '../../src/contacts/erase/identity-hashes.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import type { BatchParts, BatchReport } from '../../src/whatsapp/webhook/processing/batch-run.js';
import { ContendedAccounts } from '../../src/whatsapp/webhook/processing/contended-accounts.js';
import { runBatch, runDeferred } from '../../src/whatsapp/webhook/processing/inbox-batch.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';

type Row = Record<string, unknown>;

/** A phone number of a tenant, connected through one app. */
export interface FixtureNumber {
  tenantId: number;
  accountId: number;
  numberId: number;
  wabaId: string;
  phoneNumberId: string;
  displayPhoneNumber: string;
}

/** A migrated database of its own in which nothing runs but the batches that a test runs itself. */
export class InboxFixture {
  private readonly parts: BatchParts;

  private constructor(
    private readonly databaseName: string,
    readonly postgres: Postgres,
    /** The database's own URL. */
    readonly url: string,
    encryption: Encryption,
  ) {
    this.parts = { contended: new ContendedAccounts(), hashes: new IdentityHashes(postgres, encryption) };
  }

  static async start(): Promise<InboxFixture> {
    const { name, url } = await createDatabase('inbox');
    const settings = readSettings({ ...baseEnvironment(), DATABASE_URL: url, LOG_LEVEL: 'silent' });
    return new InboxFixture(name, new Postgres(settings, new Log(settings)), url, new Encryption(settings));
  }

  async stop(): Promise<void> {
    await this.postgres.onModuleDestroy();
    await dropDatabase(this.databaseName);
  }

  /** Runs `work` while nobody can reach the database: connections are cut and new ones refused. */
  async away(work: () => Promise<void>): Promise<void> {
    const administrator = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
    await administrator.connect();
    try {
      await administrator.query(`ALTER DATABASE ${this.databaseName} ALLOW_CONNECTIONS false`);
      await administrator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
        this.databaseName,
      ]);
      await work();
    } finally {
      await administrator.query(`ALTER DATABASE ${this.databaseName} ALLOW_CONNECTIONS true`);
      await administrator.end();
    }
  }

  async rows<T extends object = Row>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.postgres.pool.query<T & Row>(text, values)).rows;
  }

  /** The one row of a query. */
  async row<T extends object = Row>(text: string, values: unknown[] = []): Promise<T> {
    const rows = await this.rows<T>(text, values);
    const [row] = rows;
    if (!row || rows.length > 1) throw new Error(`${rows.length} rows from ${text}`);
    return row;
  }

  private async insert(text: string, values: unknown[]): Promise<number> {
    return (await this.row<{ id: number }>(`${text} RETURNING id`, values)).id;
  }

  async tenant(options: { defaults?: boolean; limitContacts?: number } = {}): Promise<number> {
    const key = randomBytes(6).toString('hex');
    const planId = await this.insert('INSERT INTO plans (name, limit_contacts) VALUES ($1, $2)', [
      key,
      options.limitContacts ?? -1,
    ]);
    const id = await this.insert('INSERT INTO tenants (name, subdomain, plan_id) VALUES ($1, $1, $2)', [key, planId]);
    if (options.defaults ?? true) {
      const source = await this.insert("INSERT INTO sources (tenant_id, name) VALUES ($1, 'API')", [id]);
      const status = await this.insert("INSERT INTO statuses (tenant_id, name) VALUES ($1, 'New')", [id]);
      const assignee = await this.insert("INSERT INTO staff (tenant_id, name) VALUES ($1, 'Nour')", [id]);
      await this.rows(
        'UPDATE tenants SET default_source_id = $2, default_status_id = $3, default_assigned_id = $4 WHERE id = $1',
        [id, source, status, assignee],
      );
    }
    return id;
  }

  /** A Meta app of the tenant's own. Its secrets are never opened here. */
  app(tenantId: number): Promise<number> {
    return this.insert(
      `INSERT INTO whatsapp_apps (tenant_id, app_key, app_secret_encrypted, verify_token_encrypted)
       VALUES ($1, $2, '', '')`,
      [tenantId, randomBytes(8).toString('hex')],
    );
  }

  /** A number with an account of its own, or in the account of another number. */
  async number(tenantId: number, options: { appId?: number; accountOf?: FixtureNumber } = {}): Promise<FixtureNumber> {
    const wabaId = options.accountOf?.wabaId ?? String(randomInt(1e14, 2e14));
    const accountId =
      options.accountOf?.accountId ??
      (await this.insert(
        "INSERT INTO whatsapp_accounts (tenant_id, waba_id, app_id, access_token_encrypted) VALUES ($1, $2, $3, '')",
        [tenantId, wabaId, options.appId ?? null],
      ));
    const phoneNumberId = String(randomInt(1e14, 2e14));
    const displayPhoneNumber = `+1 555 ${randomInt(1000, 9999)} ${randomInt(1000, 9999)}`;
    const numberId = await this.insert(
      'INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number) VALUES ($1, $2, $3, $4)',
      [tenantId, accountId, phoneNumberId, displayPhoneNumber],
    );
    return { tenantId, accountId, numberId, wabaId, phoneNumberId, displayPhoneNumber };
  }

  /** A tenant with everything, and its number. */
  async connectedTenant(): Promise<FixtureNumber> {
    return this.number(await this.tenant());
  }

  /** An outbound message that was sent to a contact of its own, unless `fields` say otherwise. */
  async outbound(number: FixtureNumber, fields: { wamid?: string | null; status?: string; attempt_no?: number } = {}) {
    const phone = String(randomInt(1e10, 2e10));
    const contactId = await this.insert(
      "INSERT INTO contacts (tenant_id, firstname, type, phone) VALUES ($1, 'Mona', 'lead', $2)",
      [number.tenantId, phone],
    );
    const chatId = await this.insert('INSERT INTO chats (tenant_id, number_id, contact_id) VALUES ($1, $2, $3)', [
      number.tenantId,
      number.numberId,
      contactId,
    ]);
    const wamid = fields.wamid === undefined ? newWamid() : fields.wamid;
    const id = await this.insert(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, wamid, attempt_no)
       VALUES ($1, $2, $3, $4, 'outbound', 'text', $5, $6, $7, $8)`,
      [
        number.tenantId,
        number.numberId,
        chatId,
        contactId,
        fields.status ?? 'sent',
        phone,
        wamid,
        fields.attempt_no ?? 1,
      ],
    );
    return { id, wamid: wamid ?? '', phone };
  }

  /** Puts a body into the inbox as the receiver does. */
  store(body: unknown, appId: number | null = null): Promise<number> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return this.insert('INSERT INTO webhook_inbox (app_id, body, request_id) VALUES ($1, $2, $3)', [
      appId,
      bytes,
      randomUUID(),
    ]);
  }

  /** Runs `work` while another transaction holds the row. */
  async whileLocked(table: 'messages' | 'chats', id: number, work: () => Promise<void>): Promise<void> {
    const holder = await this.postgres.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(`SELECT 1 FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
      await work();
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  }

  /** One batch of new webhooks, or of deferred ones where there is no new one; what each of its transactions did. */
  async batch(): Promise<BatchReport[]> {
    const reports: BatchReport[] = [];
    const tell = (report: BatchReport): void => void reports.push(report);
    if ((await runBatch(this.postgres, this.parts, tell)) === 0) await runDeferred(this.postgres, this.parts, tell);
    return reports;
  }

  /** Runs batches until nothing is due: the inbox is empty, or keeps what is tried again later. */
  async process(): Promise<BatchReport[]> {
    const all: BatchReport[] = [];
    for (;;) {
      const reports = await this.batch();
      if (reports.length === 0) return all;
      all.push(...reports);
    }
  }

  /** Runs batches until the inbox is empty. */
  async processAll(): Promise<void> {
    await eventually('an empty inbox', async () => {
      await this.process();
      const [waiting] = await this.rows('SELECT 1 FROM webhook_inbox WHERE processed_at IS NULL LIMIT 1');
      return waiting ? undefined : true;
    });
  }

  /** Stores a body and processes it. */
  async receive(body: unknown, appId: number | null = null): Promise<BatchReport[]> {
    await this.store(body, appId);
    return this.process();
  }

  inboxRow(id: number) {
    return this.row<{
      processed_at: Date | null;
      attempts: number;
      item_errors: { count: number; first: { at: string; kind: string; reason: string }[] } | null;
    }>('SELECT processed_at, attempts, item_errors FROM webhook_inbox WHERE id = $1', [id]);
  }
}

export const newWamid = (): string => `wamid.${randomBytes(16).toString('hex')}`;
export const newPhone = (): string => String(randomInt(2e10, 3e10));
/** Unix seconds as WhatsApp writes them, `ago` seconds before now. */
export const timestamp = (ago = 0): string => String(Math.floor(Date.now() / 1000) - ago);

/** A webhook of the given changes of one account. */
export const webhook = (...entries: { id: string; changes: object[] }[]) => ({
  object: 'whatsapp_business_account',
  entry: entries,
});

/** A `messages` change of a number. */
export const messagesEntry = (number: FixtureNumber, value: object, field = 'messages') => ({
  id: number.wabaId,
  changes: [
    {
      field,
      value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: number.displayPhoneNumber, phone_number_id: number.phoneNumberId },
        ...value,
      },
    },
  ],
});

export interface Person {
  phone?: string;
  userId?: string;
  name?: string;
}

/** A text message of a person, or what `fields` make of it. */
export const textOf = ({ phone, userId }: Person, fields: object = {}) => ({
  from: phone,
  from_user_id: userId,
  id: newWamid(),
  timestamp: timestamp(),
  type: 'text',
  text: { body: 'hello' },
  ...fields,
});

/** A webhook with messages of one person. */
export const inbound = (number: FixtureNumber, person: Person, ...messages: object[]) =>
  webhook(
    messagesEntry(number, {
      contacts: [
        { wa_id: person.phone, user_id: person.userId, ...(person.name ? { profile: { name: person.name } } : {}) },
      ],
      messages: messages.length > 0 ? messages : [textOf(person)],
    }),
  );

/** A webhook with statuses of one number. */
export const statuses = (number: FixtureNumber, ...list: object[]) =>
  webhook(messagesEntry(number, { statuses: list }));

/** A webhook with one account-level change. */
export const accountChange = (number: FixtureNumber, field: string, value: object) =>
  webhook({ id: number.wabaId, changes: [{ field, value }] });
