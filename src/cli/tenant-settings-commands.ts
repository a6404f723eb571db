import { type Command, Option } from 'commander';
import type { TenantSettings, TenantSettingsService as Settings } from '../tenants/tenant-settings.service.js';
import { parseId, parseTime } from './arguments.js';
import { UsageError } from './failure.js';
import { pairs, show, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (settings: Settings) => Promise<R>): Promise<R> =>
  withService((await import('../tenants/tenant-settings.service.js')).TenantSettingsService, work);

interface PlanOptions {
  plan?: string;
  expires?: Date;
  cancel?: boolean;
  json?: boolean;
}

interface DefaultsOptions {
  source?: string;
  status?: string;
  assignee?: number;
  json?: boolean;
}

interface CodeOptions {
  maxAttempts?: number;
  codeLength?: number;
  json?: boolean;
}

interface PolicyOptions {
  unknown: 'fail' | 'resend';
  json?: boolean;
}

/** `tenant settings|plan|defaults|policy|otp`. */
export function addTenantSettingsCommands(tenant: Command): void {
  tenant
    .command('settings')
    .description('Show the settings of a tenant')
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--json', 'print the result as JSON')
    .action(async (id: number, { json }: { json?: boolean }) => {
      showSettings(await run((settings) => settings.get(id)), json);
    });
  tenant
    .command('plan')
    .description('Give a tenant a plan, or note that it has cancelled')
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--plan <name>', 'which plan, from `plan list`')
    .option('--expires <time>', 'end of the billing period (2027-01-31); without it there is none', parseTime)
    .option('--cancel', 'the subscription ends now')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Once a subscription has ended, the limits of the plan named Free count, where there is one.

Examples:
  $ npm run cli -- tenant plan 7 --plan Business --expires 2027-01-31
  $ npm run cli -- tenant plan 7 --cancel`,
    )
    .action(async (id: number, { plan, expires, cancel, json }: PlanOptions) => {
      if ((plan === undefined) === (cancel !== true)) throw new UsageError('Give --plan or --cancel');
      if (cancel && expires) throw new UsageError('--expires goes with --plan');
      const changed = await run((settings) =>
        plan === undefined ? settings.cancelPlan(id) : settings.setPlan(id, plan, expires ?? null),
      );
      showSettings(changed, json);
    });
  tenant
    .command('defaults')
    .description('Set what contacts get that are made automatically')
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--source <name>', 'source; made when there is none of that name')
    .option('--status <name>', 'status; made when there is none of that name')
    .option('--assignee <id>', 'member of staff, from `staff list`', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run cli -- tenant defaults 7 --source WhatsApp --status New --assignee 4',
    )
    .action(async (id: number, { source, status, assignee, json }: DefaultsOptions) => {
      showSettings(await run((settings) => settings.setDefaults(id, { source, status, assigneeId: assignee })), json);
    });
  tenant
    .command('policy')
    .description('Set what becomes of messages in doubt')
    .argument('<tenant>', 'id of the tenant', parseId)
    .addOption(
      new Option('--unknown <what>', 'a message whose outcome stays unknown')
        .choices(['fail', 'resend'] as const)
        .makeOptionMandatory(),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- tenant policy 7 --unknown fail')
    .action(async (id: number, { unknown, json }: PolicyOptions) => {
      showSettings(await run((settings) => settings.setUnknownPolicy(id, unknown)), json);
    });
  addCodesCommand(tenant);
}

function addCodesCommand(tenant: Command): void {
  tenant
    .command('otp')
    .description("Set how a tenant's one-time codes are; codes that were sent before keep theirs")
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--max-attempts <times>', 'how often one code may be tried, 1 to 10; a new tenant has 5', parseId)
    .option('--code-length <digits>', 'digits of a code that is made here, 4 to 15; a new tenant has 6', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- tenant otp 7 --max-attempts 3 --code-length 8')
    .action(async (id: number, { maxAttempts, codeLength, json }: CodeOptions) => {
      showSettings(await run((settings) => settings.setCodes(id, { maxAttempts, codeLength })), json);
    });
}

function showSettings(settings: TenantSettings, json: boolean | undefined): void {
  const lines = pairs([
    ['tenant', settings.tenantId],
    ['plan', settings.plan],
    ['plan ends', timeText(settings.planExpiresAt) ?? 'never'],
    ['plan cancelled', timeText(settings.planCancelledAt) ?? 'no'],
    ['default source', settings.defaultSource],
    ['default status', settings.defaultStatus],
    ['default assignee', settings.defaultAssignee],
    ['outcome unknown', settings.unknownPolicy],
    ['service window', settings.enforceServiceWindow ? 'enforced' : 'left to WhatsApp'],
    ['messages expire', `after ${settings.messageExpiresInS} seconds`],
    ['one-time codes', `${settings.otpCodeLength} digits, ${settings.otpMaxAttempts} attempts`],
    ['messages kept', settings.messageRetentionDays === null ? 'for ever' : `${settings.messageRetentionDays} days`],
  ]);
  show({ json: settingsJson(settings), lines }, json === true);
}

const settingsJson = (settings: TenantSettings): object => ({
  id: settings.tenantId,
  plan: settings.plan,
  plan_expires_at: settings.planExpiresAt?.toISOString() ?? null,
  plan_cancelled_at: settings.planCancelledAt?.toISOString() ?? null,
  default_source: settings.defaultSource,
  default_status: settings.defaultStatus,
  default_assignee: settings.defaultAssignee,
  unknown_policy: settings.unknownPolicy,
  enforce_service_window: settings.enforceServiceWindow,
  message_expires_in_s: settings.messageExpiresInS,
  message_retention_days: settings.messageRetentionDays,
  otp_max_attempts: settings.otpMaxAttempts,
  otp_code_length: settings.otpCodeLength,
});
