import type { Command } from 'commander';
import type { DemoTenant as Demo } from './demo-tenant.js';
import { pairs, show } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (demo: Demo) => Promise<R>): Promise<R> =>
  withService((await import('./demo-tenant.js')).DemoTenant, work);

/** `dev provision`. */
export function addDevCommands(program: Command): void {
  const dev = program.command('dev').description('For development only');
  dev
    .command('provision')
    .description('Make the demo tenant, or find it, and connect its number to the sandbox')
    .option('--new-token', 'make a new access token too (scope *, 6,000 calls a minute)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Needs the sandbox at WHATSAPP_API_BASE_URL, and the API running at PUBLIC_URL: the sandbox calls it back at once. Can be
repeated at any time. Refused with NODE_ENV=production.

Example:
  $ npm run cli -- dev provision --new-token`,
    )
    .action(async (options: { newToken?: boolean; json?: boolean }) => {
      const made = await run((demo) => demo.provision({ newToken: options.newToken === true }));
      const lines = pairs([
        ['tenant', made.tenantId],
        ['phone number id', made.phoneNumberId],
        ['token', made.token ?? 'unchanged (--new-token makes one)'],
      ]);
      const json = { tenant_id: made.tenantId, token: made.token, phone_number_id: made.phoneNumberId };
      show({ json, lines }, options.json === true);
    });
}
