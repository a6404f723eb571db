import type { Command } from 'commander';
import type { TenantsService as Tenants, TenantSummary } from '../tenants/tenants.service.js';
import { parseId } from './arguments.js';
import { UsageError } from './failure.js';
import { addWordsCommand } from './opt-word-commands.js';
import { pairs, show, table, timeText } from './output.js';
import { withService } from './services.js';
import { addTenantSettingsCommands } from './tenant-settings-commands.js';

const run = async <R>(work: (tenants: Tenants) => Promise<R>): Promise<R> =>
  withService((await import('../tenants/tenants.service.js')).TenantsService, work);

interface CreateOptions {
  name: string;
  subdomain: string;
  plan?: string;
  defaultSource?: string;
  defaultStatus?: string;
  defaultAssignee?: string;
  json?: boolean;
}

/** `tenant create|list|suspend|activate|retention|expiry|service-window|words`, and what tenant-settings-commands.ts adds. */
export function addTenantCommands(program: Command): void {
  const tenant = program
    .command('tenant')
    .description('Businesses on the platform: create, list, suspend, activate, settings, plan, ...');
  tenant
    .command('create')
    .description('Create a tenant')
    .requiredOption('--name <name>', 'what the business is called')
    .requiredOption('--subdomain <name>', 'unique short name: lower-case letters, digits, hyphens')
    .option('--plan <name>', 'plan; by default `unlimited` (every feature, no limit)')
    .option('--default-source <name>', 'source of contacts that are made automatically')
    .option('--default-status <name>', 'status of contacts that are made automatically')
    .option('--default-assignee <name>', 'member of staff they are assigned to')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Sending to a phone that is no contact yet makes one, and that needs a default source and status; without them such a
send is answered with 422.

Example:
  $ npm run cli -- tenant create --name "Blue Shop" --subdomain blue-shop \\
      --default-source WhatsApp --default-status New`,
    )
    .action(async ({ json, ...wanted }: CreateOptions) => {
      const created = await run((tenants) => tenants.create(wanted));
      show({ json: tenantJson(created), lines: tenantLines(created) }, json === true);
    });
  tenant
    .command('list')
    .description('List all tenants')
    .option('--json', 'print the result as JSON')
    .action(async (options: { json?: boolean }) => {
      const tenants = await run((service) => service.list());
      const rows = tenants.map(({ id, name, subdomain, status, plan, createdAt }) => {
        return [id, name, subdomain, status, plan, timeText(createdAt)];
      });
      const lines = table(['ID', 'NAME', 'SUBDOMAIN', 'STATUS', 'PLAN', 'CREATED'], rows);
      show({ json: tenants.map(tenantJson), lines }, options.json === true);
    });
  const changes = [
    ['suspend', 'Stop a tenant: its tokens answer 401 within a second. Nothing is deleted'],
    ['activate', 'Let a suspended tenant work again'],
  ] as const;
  for (const [name, description] of changes) {
    tenant
      .command(name)
      .description(description)
      .argument('<tenant>', 'id of the tenant', parseId)
      .option('--json', 'print the result as JSON')
      .addHelpText('after', `\nExample:\n  $ npm run cli -- tenant ${name} 7`)
      .action(async (id: number, options: { json?: boolean }) => {
        const changed = await run((tenants) => tenants[name](id));
        show({ json: tenantJson(changed), lines: tenantLines(changed) }, options.json === true);
      });
  }
  addRetentionCommand(tenant);
  addExpiryCommand(tenant);
  addServiceWindowCommand(tenant);
  addWordsCommand(tenant);
  addTenantSettingsCommands(tenant);
}

interface RetentionOptions {
  days?: number;
  forEver?: boolean;
  json?: boolean;
}

function addRetentionCommand(tenant: Command): void {
  tenant
    .command('retention')
    .description("Set how long a tenant's messages are kept once they have come to an end")
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--days <days>', 'so many days, at least 8', parseId)
    .option('--for-ever', 'delete none (what a new tenant has)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Older messages go with the next daily maintenance, with their attempts and media; chats and contacts stay.

Example:
  $ npm run cli -- tenant retention 7 --days 365`,
    )
    .action(async (id: number, { days, forEver, json }: RetentionOptions) => {
      if ((days === undefined) === (forEver !== true)) throw new UsageError('Give --days or --for-ever');
      const changed = await run((tenants) => tenants.setRetention(id, days ?? null));
      show({ json: tenantJson(changed), lines: tenantLines(changed) }, json === true);
    });
}

function addExpiryCommand(tenant: Command): void {
  tenant
    .command('expiry')
    .description('Set after how long a message expires that could not leave, for sends without expires_in')
    .argument('<tenant>', 'id of the tenant', parseId)
    .requiredOption('--seconds <seconds>', 'so many seconds, 10 to 2592000 (30 days); a new tenant has 86400', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- tenant expiry 7 --seconds 3600')
    .action(async (id: number, { seconds, json }: { seconds: number; json?: boolean }) => {
      const changed = await run((tenants) => tenants.setExpiry(id, seconds));
      show({ json: tenantJson(changed), lines: tenantLines(changed) }, json === true);
    });
}

function addServiceWindowCommand(tenant: Command): void {
  tenant
    .command('service-window')
    .description('Set whether free-form messages outside the 24-hour service window are refused')
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--enforce', 'refuse them with 422 SERVICE_WINDOW_CLOSED, before anything is stored')
    .option('--no-enforce', 'send them, and let WhatsApp decide (what a new tenant has)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- tenant service-window 7 --enforce')
    .action(async (id: number, { enforce, json }: { enforce?: boolean; json?: boolean }) => {
      if (enforce === undefined) throw new UsageError('Give --enforce or --no-enforce');
      const changed = await run((tenants) => tenants.setServiceWindow(id, enforce));
      show({ json: tenantJson(changed), lines: tenantLines(changed) }, json === true);
    });
}

function tenantJson({ id, name, subdomain, status, plan, ...tenant }: TenantSummary): object {
  return {
    id,
    name,
    subdomain,
    status,
    plan,
    message_retention_days: tenant.messageRetentionDays,
    message_expires_in_s: tenant.messageExpiresInS,
    enforce_service_window: tenant.enforceServiceWindow,
    created_at: tenant.createdAt.toISOString(),
  };
}

function tenantLines(tenant: TenantSummary): string[] {
  const { id, name, subdomain, status, plan, messageRetentionDays, messageExpiresInS } = tenant;
  return pairs([
    ['tenant', id],
    ['name', name],
    ['subdomain', subdomain],
    ['status', status],
    ['plan', plan],
    ['messages kept', messageRetentionDays === null ? 'for ever' : `${messageRetentionDays} days`],
    ['messages expire', `after ${messageExpiresInS} seconds`],
    ['service window', tenant.enforceServiceWindow ? 'enforced' : 'left to WhatsApp'],
  ]);
}
