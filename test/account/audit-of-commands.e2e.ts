import { userInfo } from 'node:os';
import type { Command } from 'commander';
import pg from 'pg';
import { buildProgram } from '../../src/cli/program.js';
import { command, commandJson } from '../operator/command.js';
import { connectArguments, createAccount, operatorEnvironment } from '../operator/place.js';
import { createDatabase, dropDatabase } from '../support/database.js';

/** Commands that show something. */
const READING = [
  'audit list',
  'delivery status',
  'migrate status',
  'plan list',
  'staff list',
  'tenant list',
  'tenant settings',
  'token list',
  'webhooks list',
  'whatsapp check',
];

/**
 * The database keeps its migrations itself, and before the first there is no trail. The daily job runs without anybody.
 * The demo tenant is made by other commands' work.
 */
const WITHOUT_TRAIL = ['migrate', 'maintenance run', 'dev provision'];

interface Entry {
  id: string;
  tenant_id: number | null;
  token_id: number | null;
  operator: string | null;
  action: string;
  subject_ids: string[];
  details: Record<string, unknown>;
}

let database: { name: string; url: string };
let pool: pg.Pool;
let env: NodeJS.ProcessEnv;

// Of its own: a hold stops whoever works on the same database.
beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  env = { ...operatorEnvironment(), DATABASE_URL: database.url };
});
afterAll(async () => {
  await pool.end();
  await dropDatabase(database.name);
});

/** Names of all commands that do something: `tenant create`. */
function namesOf(program: Command, before: string[] = []): string[] {
  return program.commands.flatMap((child) => {
    const name = [...before, child.name()];
    const below = namesOf(child, name);
    // `migrate` does something, and `migrate status` is below it.
    return below.length === 0 || child.registeredArguments.length > 0 || name.join(' ') === 'migrate'
      ? [name.join(' '), ...below]
      : below;
  });
}

/** Endpoint 1 of tenant 1, and delivery 1, which was given up. Nobody delivers to it here. */
async function storeDelivery(): Promise<void> {
  await pool.query(
    `WITH endpoint AS (
       INSERT INTO webhooks (tenant_id, url, events, secret_encrypted) VALUES (1, 'https://shop.example', '{*}', '')
       RETURNING id, tenant_id),
     event AS (
       INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
       SELECT 1, tenant_id, 'evt_1', 'contact.created', 7, now(), '{}' FROM endpoint RETURNING created_at, id)
     INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, status, next_at)
     SELECT endpoint.tenant_id, endpoint.id, event.created_at, event.id, 'contact:7', 'dead', NULL FROM endpoint, event`,
  );
}

it('is kept of every command of the operator that changes something', async () => {
  const account = await createAccount();
  const { phone_number_id: phoneNumberId = '' } = account.phone_numbers[0] ?? {};
  env.WHATSAPP_ACCESS_TOKEN = account.access_token;
  const steps: [args: string[], action: string, tenantId: number | null, details?: object][] = [
    [
      ['plan', 'create', 'Small', '--staff', '5'],
      'plan.created',
      null,
      { name: 'Small', staff: 5, features: ['api_access'] },
    ],
    [['plan', 'create', 'Other'], 'plan.created', null],
    [
      ['plan', 'update', 'Small', '--api-calls', '90'],
      'plan.updated',
      null,
      { name: 'Small', api_calls_per_minute: 90 },
    ],
    [['plan', 'delete', 'Other'], 'plan.deleted', null],
    [['tenant', 'create', '--name', 'Blue', '--subdomain', 'blue'], 'tenant.created', 1],
    [['tenant', 'suspend', '1'], 'tenant.updated', 1, { status: 'suspended' }],
    [['tenant', 'activate', '1'], 'tenant.updated', 1, { status: 'active' }],
    [['tenant', 'retention', '1', '--days', '30'], 'tenant.updated', 1, { message_retention_days: 30 }],
    [['tenant', 'expiry', '1', '--seconds', '60'], 'tenant.updated', 1, { message_expires_in_s: 60 }],
    [['tenant', 'service-window', '1', '--enforce'], 'tenant.updated', 1, { enforce_service_window: true }],
    [['tenant', 'words', '1', '--opt-out', 'de=Stopp'], 'tenant.updated', 1, { opt_out_words: { de: ['Stopp'] } }],
    [['tenant', 'plan', '1', '--plan', 'Small'], 'tenant.updated', 1, { plan: 'Small', plan_expires_at: null }],
    [['tenant', 'defaults', '1', '--source', 'Web'], 'tenant.updated', 1, { default_source_id: 1 }],
    [['tenant', 'policy', '1', '--unknown', 'resend'], 'tenant.updated', 1, { unknown_policy: 'resend' }],
    [
      ['tenant', 'otp', '1', '--max-attempts', '3', '--code-length', '8'],
      'tenant.updated',
      1,
      { otp_max_attempts: 3, otp_code_length: 8 },
    ],
    [['staff', 'add', '--tenant', '1', '--name', 'Nour'], 'staff.created', 1, {}],
    [['staff', 'remove', '1', '--tenant', '1'], 'staff.deleted', 1, {}],
    [['token', 'create', '--tenant', '1', '--name', 'shop', '--scopes', '*'], 'token.created', 1],
    [['token', 'revoke', '1', '--tenant', '1'], 'token.revoked', 1],
    [connectArguments(1, account), 'number.connected templates.synced', 1],
    [['whatsapp', 'pause', phoneNumberId, '--reason', 'a move'], 'number.paused', 1, { reason: 'a move' }],
    [['whatsapp', 'resume', phoneNumberId], 'number.resumed', 1],
    [['whatsapp', 'sync-templates', '--tenant', '1'], 'templates.synced', 1],
    [['delivery', 'hold', '--reason', 'a move'], 'delivery.held', null, { reason: 'a move' }],
    [['delivery', 'release', '--continue'], 'delivery.released', null, { restored: false }],
    [['delivery', 'hold', '--reason', 'a move'], 'delivery.held', null],
    [
      ['delivery', 'release', '--restored'],
      'delivery.released',
      null,
      { restored: true, unknown: 0, store_payloads: 0 },
    ],
    [['encryption', 'rotate'], 'secrets.rotated', null],
    [['webhooks', 'disable', '1'], 'webhook.updated', 1, { enabled: false }],
    [['webhooks', 'enable', '1'], 'webhook.updated', 1, { enabled: true }],
    [['webhooks', 'replay', '1'], 'webhook_delivery.replayed', 1, { delivery_id: 2 }],
  ];
  const called = new Set(steps.map(([args]) => args.slice(0, 2).join(' ')));
  // A new command has to be called here, or to be one that changes nothing.
  expect(namesOf(buildProgram()).sort()).toEqual([...READING, ...WITHOUT_TRAIL, ...called].sort());

  let last = '0';
  for (const [args, action, tenantId, details] of steps) {
    if (args.join(' ') === 'webhooks disable 1') await storeDelivery();
    await commandJson(args, env);
    const { rows } = await pool.query<Entry>('SELECT * FROM audit WHERE id > $1 ORDER BY id', [last]);
    last = rows.at(-1)?.id ?? last;
    expect({ args, found: rows.map((row) => row.action).join(' ') }).toEqual({ args, found: action });
    for (const row of rows) {
      expect({ args, ...row }).toMatchObject({ tenant_id: tenantId, token_id: null, operator: userInfo().username });
    }
    if (details) expect({ args, details: rows[0]?.details }).toEqual({ args, details });
  }
  // A second time there is nothing to change, and nothing to note.
  expect((await command(['whatsapp', 'resume', phoneNumberId], env)).code).toBe(0);
  expect((await pool.query('SELECT 1 FROM audit WHERE id > $1', [last])).rows).toEqual([]);
});
