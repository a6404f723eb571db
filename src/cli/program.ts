import { Command } from 'commander';
import { addAuditCommands } from './audit-commands.js';
import { addDeliveryCommands } from './delivery-commands.js';
import { addDevCommands } from './dev-commands.js';
import { addEncryptionCommands } from './encryption-commands.js';
import { addMaintenanceCommands } from './maintenance-commands.js';
import { addMigrateCommands } from './migrate-commands.js';
import { addPlanCommands } from './plan-commands.js';
import { addStaffCommands } from './staff-commands.js';
import { addTenantCommands } from './tenant-commands.js';
import { addTokenCommands } from './token-commands.js';
import { addWebhookCommands } from './webhook-commands.js';
import { addWhatsappCommands } from './whatsapp-commands.js';

/** The operator's commands. Every command has `--help` with examples and `--json` for scripts. */
export function buildProgram(): Command {
  const program = new Command('rasl')
    .description('Commands for the operator of the platform.')
    .usage('<command> [options]')
    .showHelpAfterError('(add --help to see how the command is called)')
    .addHelpText(
      'after',
      `
A tenant from nothing to its first message:
  $ npm run cli -- migrate
  $ npm run cli -- tenant create --name "Blue Shop" --subdomain blue-shop
  $ npm run cli -- whatsapp connect --tenant 1 --waba 2150000000000001 --phone-number-id 3150000000000001
  $ npm run cli -- token create --tenant 1 --name "web shop" --scopes messages:send,messages:read

Ends with status 0 when done, 1 when it failed, 2 when it was called wrongly.`,
    );
  addTenantCommands(program);
  addPlanCommands(program);
  addStaffCommands(program);
  addTokenCommands(program);
  addWhatsappCommands(program);
  addDeliveryCommands(program);
  addWebhookCommands(program);
  addMigrateCommands(program);
  addMaintenanceCommands(program);
  addAuditCommands(program);
  addEncryptionCommands(program);
  addDevCommands(program);
  return program;
}
