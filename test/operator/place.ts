import { randomBytes } from 'node:crypto';
import { SandboxControl, type SandboxAccount } from '../support/sandbox-control.js';
import { sharedPlace } from '../support/tenant.js';
import { commandJson } from './command.js';

/** What an operator's command needs to work on the shared installation. */
export function operatorEnvironment(): NodeJS.ProcessEnv {
  const { apiUrl, sandboxUrl, databaseUrl } = sharedPlace();
  return { DATABASE_URL: databaseUrl, WHATSAPP_API_BASE_URL: sandboxUrl, PUBLIC_URL: apiUrl };
}

export const sandbox = (): SandboxControl => new SandboxControl(sharedPlace().sandboxUrl);

/** A tenant made as an operator makes it. */
export async function createTenant(): Promise<number> {
  const subdomain = `op-${randomBytes(6).toString('hex')}`;
  const args = ['tenant', 'create', '--name', 'Blue Shop', '--subdomain', subdomain];
  return (await commandJson<{ id: number }>(args, operatorEnvironment())).id;
}

/** An account of the sandbox, not subscribed to anything yet. */
export async function createAccount(numbers = 1): Promise<SandboxAccount> {
  const control = sandbox();
  const { app_id } = await control.defaults();
  return control.call<SandboxAccount>('POST', '/accounts', {
    app_id,
    name: 'Blue Shop',
    subscribed: false,
    phone_numbers: Array.from({ length: numbers }, () => ({})),
  });
}

/** Arguments of `whatsapp connect` for the account's n-th number. */
export function connectArguments(tenantId: number, account: SandboxAccount, index = 0): string[] {
  const phoneNumberId = account.phone_numbers[index]?.phone_number_id ?? '';
  return [
    'whatsapp',
    'connect',
    '--tenant',
    String(tenantId),
    '--waba',
    account.waba_id,
    '--phone-number-id',
    phoneNumberId,
  ];
}
