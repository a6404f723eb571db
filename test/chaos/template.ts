import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { runCli } from '../support/cli.js';
import { PostgresProcess, type PostgresTemplate } from '../support/postgres-process.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { TENANTS } from './plan.js';

/** A tenant as the template's database knows it; the sandbox of each run is given the same account. */
export interface TemplateTenant {
  tenantId: number;
  numberId: number;
  token: string;
  wabaId: string;
  phoneNumberId: string;
  accessToken: string;
}

/** What every run of a command begins with: a migrated database with two connected tenants. Made once. */
export interface ChaosTemplate {
  postgres: PostgresTemplate;
  tenants: TemplateTenant[];
}

const DATABASE = 'chaos';

/** The database of a run. */
export function databaseUrl(postgres: PostgresProcess): string {
  return postgres.url(DATABASE);
}

/** Makes the accounts of the tenants in a sandbox, always under the same ids and tokens. */
export async function makeAccounts(
  control: SandboxControl,
): Promise<Omit<TemplateTenant, 'tenantId' | 'numberId' | 'token'>[]> {
  const { app_id } = await control.defaults();
  return Promise.all(
    TENANTS.map(async ({ rate }, index) => {
      const account = {
        wabaId: `71000000000000${index + 1}`,
        phoneNumberId: `72000000000000${index + 1}`,
        accessToken: `EAACHAOS${index + 1}`,
      };
      await control.call('POST', '/accounts', {
        app_id,
        waba_id: account.wabaId,
        access_token: account.accessToken,
        name: `Chaos ${index + 1}`,
        phone_numbers: [
          {
            phone_number_id: account.phoneNumberId,
            // More than the platform may use: the checks judge by what arrived when (see checks/rates.ts).
            throughput: rate * 2,
            pair_limit: { burst: 10_000, interval_s: 0.001 },
            enforce_window: false,
          },
        ],
      });
      return account;
    }),
  );
}

/** Makes the template in `folder`, with the operator's own commands. */
export async function makeTemplate(folder: string): Promise<ChaosTemplate> {
  mkdirSync(folder, { mode: 0o711 });
  const [postgres, sandbox] = await Promise.all([PostgresProcess.create(folder), SandboxProcess.start()]);
  try {
    await query(postgres.url('postgres'), `CREATE DATABASE ${DATABASE}`);
    const env = { DATABASE_URL: databaseUrl(postgres), WHATSAPP_API_BASE_URL: sandbox.url };
    await runCli(['migrate'], env);
    const accounts = await makeAccounts(new SandboxControl(sandbox.url));
    const tenants: TemplateTenant[] = [];
    for (const [index, account] of accounts.entries()) {
      tenants.push({ ...account, ...(await provision(env, index, account)) });
    }
    return { postgres: await postgres.stop(), tenants };
  } catch (error) {
    await postgres.crash();
    throw error;
  } finally {
    await sandbox.stop();
  }
}

async function provision(
  env: { DATABASE_URL: string; WHATSAPP_API_BASE_URL: string },
  index: number,
  account: { wabaId: string; phoneNumberId: string; accessToken: string },
): Promise<Pick<TemplateTenant, 'tenantId' | 'numberId' | 'token'>> {
  const name = `chaos-${index + 1}`;
  const { id: tenantId } = await cliJson<{ id: number }>(
    ['tenant', 'create', '--name', name, '--subdomain', name],
    ['--default-source', 'API', '--default-status', 'New', '--default-assignee', 'Nour'],
    env,
  );
  const { token } = await cliJson<{ token: string }>(
    ['token', 'create', '--tenant', String(tenantId), '--name', name],
    ['--scopes', '*', '--rate-limit', '1000000'],
    env,
  );
  await cliJson(
    ['whatsapp', 'connect', '--tenant', String(tenantId), '--waba', account.wabaId],
    ['--phone-number-id', account.phoneNumberId],
    { ...env, WHATSAPP_ACCESS_TOKEN: account.accessToken },
  );
  const [number] = await query<{ id: number }>(
    env.DATABASE_URL,
    'UPDATE phone_numbers SET rate_per_second = $2 WHERE phone_number_id = $1 RETURNING id',
    [account.phoneNumberId, TENANTS[index]?.rate],
  );
  if (!number) throw new Error(`${account.phoneNumberId} was not connected`);
  return { tenantId, numberId: number.id, token };
}

/** The last line that a command prints with `--json`. */
async function cliJson<T>(command: string[], options: string[], env: NodeJS.ProcessEnv): Promise<T> {
  const output = await runCli([...command, ...options, '--json'], env);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
}

async function query<T extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}
