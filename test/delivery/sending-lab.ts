import * as files from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { TestTenant, type TenantOptions } from '../support/tenant.js';

/** What tests ask about a message of the backlog. */
export interface SentMessage {
  id: number;
  status: string;
  error_code: string | null;
  retries: number;
  attempt_no: number;
  attempt_state: string | null;
  /** Milliseconds from its due time to WhatsApp's acceptance. */
  late_ms: number | null;
}

const FINAL = ['sent', 'delivered', 'read', 'played', 'failed', 'expired', 'cancelled'];

/** An installation and tenants whose backlog is filled directly, as a campaign would leave it. */
export class SendingLab {
  private readonly tenants: TestTenant[] = [];

  private constructor(readonly installation: Installation) {}

  /** On the Redis that the tests share, unless another one is given. */
  static async start(
    options: { env?: NodeJS.ProcessEnv; workers?: number; redisUrl?: string } = {},
  ): Promise<SendingLab> {
    const redisUrl = options.redisUrl ?? process.env.TEST_REDIS_URL;
    if (!redisUrl) throw new Error('run the end-to-end tests by "npm test"');
    return new SendingLab(await Installation.start({ ...options, redisUrl }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.tenants.map((tenant) => tenant.close()));
    await this.installation.stop();
  }

  async tenant(options: TenantOptions = {}): Promise<TestTenant> {
    const { api, sandbox, database } = this.installation;
    const tenant = await TestTenant.create({
      place: { apiUrl: api.apiUrl, sandboxUrl: sandbox.url, databaseUrl: database.url },
      ...options,
      sandboxNumber: { enforce_window: false, ...options.sandboxNumber },
    });
    this.tenants.push(tenant);
    return tenant;
  }

  /** One message through the API; answers its id. The backlog reuses its file. */
  async sendOne(tenant: TestTenant, phone = '201099999999'): Promise<number> {
    const { body } = await tenant.api.sendMedia(
      { phone, media_type: 'image', media_file: { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' } },
      { prefer: 'respond-async' },
    );
    const id = body.data?.chat_message_id;
    if (typeof id !== 'number') throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return id;
  }

  /** Queued messages to different people, each with its own chat and address of the file that `sendOne` stored. */
  async fill(
    tenant: TestTenant,
    count: number,
    due = 'now()',
    expires = `now() + interval '1 day'`,
  ): Promise<number[]> {
    const rows = await tenant.rows<{ id: string }>(
      `WITH model AS (SELECT m.*, l.media_file_id FROM messages m JOIN media_links l ON l.id = m.media_link_id
                       WHERE m.tenant_id = $1 ORDER BY m.id LIMIT 1),
            link AS (INSERT INTO media_links (tenant_id, media_file_id, public_id, filename)
                     SELECT $1, media_file_id, substr(md5(random()::text || n), 1, 24), 'photo.jpg'
                       FROM model, generate_series(1, $2::int) n RETURNING id),
            contact AS (INSERT INTO contacts (tenant_id, firstname, type)
                        SELECT $1, 'c', 'lead' FROM generate_series(1, $2::int) RETURNING id),
            chat AS (INSERT INTO chats (tenant_id, number_id, contact_id)
                     SELECT $1, model.number_id, contact.id FROM model, contact RETURNING id, contact_id),
            address AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM link),
            owner AS (SELECT id AS chat_id, contact_id, row_number() OVER (ORDER BY id) AS n FROM chat)
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, media_link_id,
                             generation, due_at, next_at, expires_at)
       SELECT $1, model.number_id, owner.chat_id, owner.contact_id, 'outbound', 'image', 'queued',
              (201200000000 + address.id)::text, address.id, 1, ${due}, ${due}, ${expires}
         FROM address JOIN owner USING (n), model ORDER BY address.id RETURNING id`,
      [tenant.id, count],
    );
    return rows.map(({ id }) => Number(id));
  }

  messages(tenant: TestTenant): Promise<SentMessage[]> {
    return tenant.rows<SentMessage>(
      `SELECT m.id::int, m.status, m.error_code, m.retries, m.attempt_no, m.attempt_state,
              (extract(epoch FROM (SELECT min(a.submitting_at) FROM attempts a WHERE a.message_id = m.id) - m.due_at)
               * 1000)::float8 AS late_ms
         FROM messages m WHERE m.tenant_id = $1 AND m.direction = 'outbound' ORDER BY m.id`,
      [tenant.id],
    );
  }

  /** Waits until every message of the tenant has left or come to its end. */
  settled(tenant: TestTenant, withinMs = 45_000): Promise<SentMessage[]> {
    return eventually(
      'every message coming to its end',
      async () => {
        const messages = await this.messages(tenant);
        return messages.every(({ status }) => FINAL.includes(status)) ? messages : undefined;
      },
      withinMs,
    );
  }
}
