import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { INSTALLATION_KEY_CONTEXT } from '../../src/contacts/erase/identity-hashes.js';
import { STORE_SECRET_CONTEXT } from '../../src/integrations/store-listener.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { SEALED_CONTEXT } from '../../src/templates/sending/stored-template.js';
import { WEBHOOK_HEADERS_CONTEXT, WEBHOOK_SECRET_CONTEXT } from '../../src/webhooks/endpoints/endpoint-secrets.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';
import { command, commandJson } from './command.js';

const CODE = '{"body":[{"text":"123456"}]}';
/** Lives for a day, as long as the documentation asks to keep an earlier key. */
const LEFT_OUT = ['idempotency_keys.answer_encrypted'];
const OLD_KEY = randomBytes(32).toString('base64');
const NEW_KEY = randomBytes(32).toString('base64');

const encryption = (env: NodeJS.ProcessEnv): Encryption =>
  new Encryption(readSettings({ ...baseEnvironment(), ...env }));

describe('encryption rotate', () => {
  const before = { ENCRYPTION_KEY: OLD_KEY, ENCRYPTION_KEY_ID: 'k1' };
  const after = { ENCRYPTION_KEY: NEW_KEY, ENCRYPTION_KEY_ID: 'k2' };
  const both = { ...after, ENCRYPTION_PREVIOUS_KEYS: `k1:${OLD_KEY}` };
  let database: { name: string; url: string };
  let client: pg.Client;
  let tenantId: number;

  const rotate = (env: NodeJS.ProcessEnv) =>
    commandJson<unknown>(['encryption', 'rotate'], { ...env, DATABASE_URL: database.url });

  /** The three stored secrets, opened with the keys of `env`. */
  async function opened(env: NodeJS.ProcessEnv): Promise<string[]> {
    const { rows } = await client.query<{ token: Buffer; secret: Buffer; verify: Buffer }>(
      `SELECT a.access_token_encrypted AS token, p.app_secret_encrypted AS secret, p.verify_token_encrypted AS verify
         FROM whatsapp_accounts a JOIN whatsapp_apps p ON p.id = a.app_id`,
    );
    const keys = encryption(env);
    return rows.flatMap(({ token, secret, verify }) => [
      keys.decrypt(token, 'whatsapp_accounts.access_token'),
      keys.decrypt(secret, 'whatsapp_apps.app_secret'),
      keys.decrypt(verify, 'whatsapp_apps.verify_token'),
    ]);
  }

  beforeEach(async () => {
    database = await createDatabase('rotation');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const old = encryption(before);
    const { rows: plans } = await client.query<{ id: number }>(
      `INSERT INTO plans (name, features) VALUES ('rotation', '{}') RETURNING id`,
    );
    const { rows: tenants } = await client.query<{ id: number }>(
      `INSERT INTO tenants (name, subdomain, plan_id) VALUES ('Rotation', 'rotation', $1) RETURNING id`,
      [plans[0]?.id],
    );
    tenantId = tenants[0]?.id ?? 0;
    const { rows: apps } = await client.query<{ id: number }>(
      `INSERT INTO whatsapp_apps (tenant_id, app_key, app_secret_encrypted, verify_token_encrypted)
       VALUES ($1, 'key', $2, $3) RETURNING id`,
      [
        tenantId,
        old.encrypt('the app secret', 'whatsapp_apps.app_secret'),
        old.encrypt('the verify token', 'whatsapp_apps.verify_token'),
      ],
    );
    await client.query(
      'INSERT INTO whatsapp_accounts (tenant_id, waba_id, app_id, access_token_encrypted) VALUES ($1, $2, $3, $4)',
      [tenantId, '2150000000000001', apps[0]?.id, old.encrypt('the access token', 'whatsapp_accounts.access_token')],
    );
  });

  /** A message whose code was stored encrypted with the earlier key. */
  async function message(status: string): Promise<number> {
    const { rows } = await client.query<{ id: number }>(
      `WITH account AS (SELECT id FROM whatsapp_accounts WHERE tenant_id = $1),
            number AS (INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number)
                       SELECT $1, id, gen_random_uuid()::text, '+1 555' FROM account RETURNING id),
            contact AS (INSERT INTO contacts (tenant_id, firstname, type, phone)
                        VALUES ($1, 'Mona', 'lead', (random() * 1e12)::bigint::text) RETURNING id),
            chat AS (INSERT INTO chats (tenant_id, number_id, contact_id)
                     SELECT $1, number.id, contact.id FROM number, contact RETURNING id, number_id, contact_id)
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, content)
       SELECT $1, number_id, id, contact_id, 'outbound', 'template', $2, $3 FROM chat RETURNING id::int`,
      [
        tenantId,
        status,
        { category: 'AUTHENTICATION', sealed: encryption(before).encrypt(CODE, SEALED_CONTEXT).toString('base64') },
      ],
    );
    return rows[0]?.id ?? 0;
  }

  /** One with this secret, and one without. */
  const storeListeners = (secret: Buffer): Promise<unknown> =>
    client.query(
      `INSERT INTO store_listeners (tenant_id, key, kind, name, secret_encrypted, template_name, language, mapping)
       VALUES ($1, 'a', 'shopify', 'a', $2, 't', 'en', '{}'), ($1, 'b', 'generic', 'b', NULL, 't', 'en', '{}')`,
      [tenantId, secret],
    );

  const webhook = (url: string, secret: Buffer, previous: Buffer | null, headers: Buffer | null): Promise<unknown> =>
    client.query(
      `INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, previous_secret_encrypted, headers_encrypted)
       VALUES ($1, $2, '{*}', $3, $4, $5)`,
      [tenantId, url, secret, previous, headers],
    );

  const installationKey = (key: Buffer): Promise<unknown> =>
    client.query(`INSERT INTO installation_keys (name, key_encrypted) VALUES ('a', $1)`, [key]);

  /** What the messages hold, their codes opened with the keys of `env`. */
  async function codes(env: NodeJS.ProcessEnv): Promise<Record<number, unknown>> {
    const { rows } = await client.query<{ id: number; content: { sealed: string; category: string } }>(
      'SELECT id::int, content FROM messages',
    );
    const open = (sealed: string) => encryption(env).decrypt(Buffer.from(sealed, 'base64'), SEALED_CONTEXT);
    return Object.fromEntries(
      rows.map(({ id, content }) => [id, { ...content, sealed: content.sealed && open(content.sealed) }]),
    );
  }

  afterEach(async () => {
    await client.end();
    await dropDatabase(database.name);
  });

  it('leaves every secret readable with the new key alone', async () => {
    expect(await rotate(both)).toEqual({ key_id: 'k2', rotated: 3, current: 0 });
    expect(await opened(after)).toEqual(['the access token', 'the app secret', 'the verify token']);
  });

  it('leaves every code that still has to be sent readable with the new key alone', async () => {
    const waiting = [await message('queued'), await message('sending'), await message('unknown')];
    expect(await rotate(both)).toEqual({ key_id: 'k2', rotated: 6, current: 0 });
    const held = { category: 'AUTHENTICATION', sealed: CODE };
    expect(await codes(after)).toEqual(Object.fromEntries(waiting.map((id) => [id, held])));
    expect(await rotate(after)).toEqual({ key_id: 'k2', rotated: 0, current: 6 });
  });

  it('leaves the secret of a store listener readable, and passes over one without', async () => {
    const sealed = encryption(before).encrypt('the store secret', STORE_SECRET_CONTEXT);
    await storeListeners(sealed);
    expect(await rotate(both)).toEqual({ key_id: 'k2', rotated: 4, current: 0 });
    const { rows } = await client.query<{ secret: Buffer }>(
      `SELECT secret_encrypted AS secret FROM store_listeners WHERE key = 'a'`,
    );
    expect(rows.map(({ secret }) => encryption(after).decrypt(secret, STORE_SECRET_CONTEXT))).toEqual([
      'the store secret',
    ]);
  });

  it('leaves secrets and headers of webhooks readable, and the key of the installation', async () => {
    const seal = (text: string, context: string) => encryption(before).encrypt(text, context);
    const secret = (text: string) => seal(text, WEBHOOK_SECRET_CONTEXT);
    await webhook(
      'https://a.example',
      secret('whsec_a2'),
      secret('whsec_a1'),
      seal('{"X-Key":"k"}', WEBHOOK_HEADERS_CONTEXT),
    );
    await webhook('https://b.example', secret('whsec_b'), null, null);
    await installationKey(seal('the key', INSTALLATION_KEY_CONTEXT));
    expect(await rotate(both)).toEqual({ key_id: 'k2', rotated: 8, current: 0 });
    const { rows } = await client.query<{ sealed: Buffer; context: string }>(
      `SELECT sealed, context FROM webhooks
        CROSS JOIN LATERAL (VALUES (1, secret_encrypted, $1), (2, previous_secret_encrypted, $1), (3, headers_encrypted, $2))
                           AS v (place, sealed, context)
        WHERE sealed IS NOT NULL
        UNION ALL SELECT key_encrypted, $3 FROM installation_keys`,
      [WEBHOOK_SECRET_CONTEXT, WEBHOOK_HEADERS_CONTEXT, INSTALLATION_KEY_CONTEXT],
    );
    const texts = rows.map(({ sealed, context }) => encryption(after).decrypt(sealed, context));
    expect(texts.sort()).toEqual(['the key', 'whsec_a1', 'whsec_a2', 'whsec_b', '{"X-Key":"k"}']);
  });

  it('forgets no column', async () => {
    const seal = (context: string) => encryption(before).encrypt('{}', context);
    await storeListeners(seal(STORE_SECRET_CONTEXT));
    await webhook(
      'https://a.example',
      seal(WEBHOOK_SECRET_CONTEXT),
      seal(WEBHOOK_SECRET_CONTEXT),
      seal(WEBHOOK_HEADERS_CONTEXT),
    );
    await installationKey(seal(INSTALLATION_KEY_CONTEXT));
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `SELECT table_name AS table, column_name AS column
         FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND column_name LIKE '%\\_encrypted' AND table_type = 'BASE TABLE'`,
    );
    await rotate(both);
    // Of each column of the database: a new one needs its value above, and its place in the rotation.
    const keys = encryption(both);
    const left: string[] = [];
    for (const { table, column } of columns) {
      const { rows } = await client.query<{ sealed: Buffer }>(
        `SELECT ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL`,
      );
      if (rows.length === 0 || rows.some(({ sealed }) => keys.isOutdated(sealed))) left.push(`${table}.${column}`);
    }
    expect(left).toEqual(LEFT_OUT);
  });

  it('has nothing to do the second time', async () => {
    await rotate(both);
    expect(await rotate(after)).toEqual({ key_id: 'k2', rotated: 0, current: 3 });
  });

  it('says which key is missing, and changes nothing', async () => {
    const { code, stderr } = await command(['encryption', 'rotate'], { ...after, DATABASE_URL: database.url });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: No encryption key with id "k1" is configured\n' });
    expect(await opened(before)).toEqual(['the access token', 'the app secret', 'the verify token']);
  });
});
