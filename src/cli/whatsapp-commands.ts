import { type Command, Option } from 'commander';
import type {
  CheckedNumber,
  Connected,
  ConnectionsService as Connections,
} from '../whatsapp/connection/connections.service.js';
import { parseId, parseMetaId, readSecret } from './arguments.js';
import { CommandError, UsageError } from './failure.js';
import { pairs, show, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (connections: Connections) => Promise<R>): Promise<R> =>
  withService((await import('../whatsapp/connection/connections.service.js')).ConnectionsService, work);

interface ConnectOptions {
  tenant: number;
  waba: string;
  phoneNumberId: string;
  accessToken?: string;
  appSecret?: string;
  default?: boolean;
  overrideCallback?: boolean;
  json?: boolean;
}

const CONNECT_HELP = `
Verifies with WhatsApp that the token is valid, has the permissions whatsapp_business_messaging and
whatsapp_business_management, and that the number is the account's; stores the token encrypted; subscribes the account
to our webhooks; reads throughput, quality, messaging limit and templates. Then it prints the callback address and the
verify token for the Meta app. Repeating it is harmless: that is how a token or an app secret is changed.

A tenant with a Meta app of its own gives the app's secret; its webhooks get an address of their own. Without it the
account uses the platform's Meta app (WHATSAPP_APP_SECRET).

Secrets do not belong in the list of processes: give "-" to read one from standard input, or use the environment.

Examples:
  $ WHATSAPP_ACCESS_TOKEN=... npm run cli -- whatsapp connect --tenant 1 \\
      --waba 2150000000000001 --phone-number-id 3150000000000001
  $ npm run cli -- whatsapp connect --tenant 1 --waba 2150000000000001 \\
      --phone-number-id 3150000000000001 --access-token - --override-callback < token.txt`;

/** `whatsapp connect|check|pause|resume|sync-templates`. */
export function addWhatsappCommands(program: Command): void {
  const whatsapp = program
    .command('whatsapp')
    .description('Numbers on WhatsApp: connect, check, pause, resume, sync templates');
  whatsapp
    .command('connect')
    .description("Connect a tenant's phone number to WhatsApp, or renew its connection")
    .requiredOption('--tenant <id>', 'the tenant the number belongs to', parseId)
    .requiredOption('--waba <id>', 'id of the WhatsApp Business Account', parseMetaId)
    .requiredOption('--phone-number-id <id>', "WhatsApp's id of the number (not the number itself)", parseMetaId)
    .addOption(
      new Option(
        '--access-token <token>',
        "a system user's token, or - for standard input; once connected, optional",
      ).env('WHATSAPP_ACCESS_TOKEN'),
    )
    .addOption(
      new Option('--app-secret <secret>', "secret of the tenant's own Meta app, or - for standard input").env(
        'WHATSAPP_TENANT_APP_SECRET',
      ),
    )
    .option('--default', 'send from this number when a call names none (the first number is the default)')
    .option('--override-callback', "have this account's webhooks sent to us whatever the Meta app's callback is")
    .option('--json', 'print the result as JSON')
    .addHelpText('after', CONNECT_HELP)
    .action(connect);
  whatsapp
    .command('check')
    .description('Ask WhatsApp again about connected numbers and show their state; status 1 when something is wrong')
    .option('--tenant <id>', 'only this tenant', parseId)
    .option('--phone-number-id <id>', 'only this number', parseMetaId)
    .option('--json', 'print the result as JSON')
    .action(check);
  whatsapp
    .command('pause')
    .description('Stop sending from a number. Sends are answered with 422, queued messages wait until they expire')
    .argument('<phone-number-id>', "WhatsApp's id of the number", parseMetaId)
    .requiredOption('--reason <text>', 'why; the tenant reads it')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run cli -- whatsapp pause 3150000000000001 --reason "Number moves today"',
    )
    .action(async (phoneNumberId: string, options: { reason: string; json?: boolean }) => {
      const changed = await run((connections) => connections.pause(phoneNumberId, options.reason));
      const text = changed ? 'paused' : 'was paused already, with its first reason';
      showChange(phoneNumberId, changed, text, options.json);
    });
  whatsapp
    .command('resume')
    .description('Let a paused number send again; do it when the reason is gone (`whatsapp check` tells)')
    .argument('<phone-number-id>', "WhatsApp's id of the number", parseMetaId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- whatsapp resume 3150000000000001')
    .action(async (phoneNumberId: string, options: { json?: boolean }) => {
      const changed = await run((connections) => connections.resume(phoneNumberId));
      showChange(phoneNumberId, changed, changed ? 'sends again' : 'was not paused', options.json);
    });
  whatsapp
    .command('sync-templates')
    .description(
      "Read all templates of a tenant's accounts from WhatsApp, as the tenant's own POST /templates/sync does",
    )
    .requiredOption('--tenant <id>', 'whose templates', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- whatsapp sync-templates --tenant 1')
    .action(syncTemplates);
}

async function syncTemplates({ tenant, json }: { tenant: number; json?: boolean }): Promise<void> {
  const { operatorOf } = await import('../platform/audit/audit-trail.js');
  const { TemplateSync } = await import('../whatsapp/connection/template-sync.js');
  const synced = await withService(TemplateSync, (templates) => templates.syncTenant(tenant, operatorOf(tenant)));
  if (!synced) throw new CommandError(`Tenant ${tenant} has no WhatsApp account`);
  const { created, updated, removed } = synced;
  const lines = [`${synced.synced} templates: ${created} new, ${updated} changed; ${removed} gone.`];
  show({ json: synced, lines }, json === true);
}

function showChange(phoneNumberId: string, changed: boolean, text: string, json: boolean | undefined): void {
  show({ json: { phone_number_id: phoneNumberId, changed }, lines: [`${phoneNumberId} ${text}.`] }, json === true);
}

async function connect(options: ConnectOptions): Promise<void> {
  if (options.accessToken === '-' && options.appSecret === '-') {
    throw new UsageError('Only one of --access-token and --app-secret can come from standard input');
  }
  const accessToken = await readSecret('--access-token', options.accessToken);
  const appSecret = await readSecret('--app-secret', options.appSecret);
  const connected = await run((connections) =>
    connections.connect({
      tenantId: options.tenant,
      wabaId: options.waba,
      phoneNumberId: options.phoneNumberId,
      accessToken,
      appSecret,
      makeDefault: options.default === true,
      overrideCallback: options.overrideCallback === true,
    }),
  );
  show({ json: connectedJson(options, connected), lines: connectedLines(options, connected) }, options.json === true);
}

function connectedJson(
  options: ConnectOptions,
  { number, isDefault, callbackUrl, verifyToken, templates }: Connected,
): object {
  return {
    tenant_id: options.tenant,
    waba_id: options.waba,
    phone_number_id: number.phoneNumberId,
    display_phone_number: number.displayPhoneNumber,
    is_default: isDefault,
    rate_per_second: number.ratePerSecond,
    throughput_level: number.throughputLevel,
    quality_rating: number.qualityRating,
    messaging_limit_tier: number.messagingLimitTier,
    token_expires_at: number.tokenExpiresAt?.toISOString() ?? null,
    callback_url: callbackUrl,
    verify_token: verifyToken,
    templates,
  };
}

function connectedLines(
  options: ConnectOptions,
  { number, isDefault, callbackUrl, verifyToken, templates }: Connected,
): string[] {
  return [
    `Connected ${number.displayPhoneNumber}${number.verifiedName === null ? '' : ` (${number.verifiedName})`}.`,
    '',
    ...pairs([
      ['tenant', options.tenant],
      ['account', options.waba],
      ['phone number id', number.phoneNumberId],
      ['default number', isDefault ? 'yes' : 'no'],
      ['messages a second', number.ratePerSecond],
      ['quality', number.qualityRating],
      ['messaging limit', number.messagingLimitTier],
      ['templates', templates.synced],
      ['token expires', timeText(number.tokenExpiresAt) ?? 'never'],
      ['callback URL', callbackUrl],
      ['verify token', verifyToken],
    ]),
    '',
    options.overrideCallback
      ? "WhatsApp sends this account's webhooks to the callback URL."
      : 'Enter callback URL and verify token in the Meta app (WhatsApp > Configuration), and subscribe to its fields.',
  ];
}

async function check(options: { tenant?: number; phoneNumberId?: string; json?: boolean }): Promise<void> {
  const { tenant: tenantId, phoneNumberId } = options;
  const numbers = await run((connections) => connections.check({ tenantId, phoneNumberId }));
  if (numbers.length === 0) throw new CommandError('No such number is connected');
  const lines = numbers.flatMap((number) => [...checkedLines(number), '']).slice(0, -1);
  show({ json: numbers.map(checkedJson), lines }, options.json === true);
  const bad = numbers.filter((number) => number.faults.length > 0 || number.pausedAt !== null).length;
  if (bad > 0) throw new CommandError(`${bad} of ${numbers.length} numbers cannot work as they should`);
}

function checkedJson(number: CheckedNumber): object {
  const paused = number.pausedAt && {
    at: number.pausedAt.toISOString(),
    code: number.pausedCode,
    reason: number.pausedReason,
  };
  return {
    tenant_id: number.tenantId,
    waba_id: number.wabaId,
    phone_number_id: number.phoneNumberId,
    display_phone_number: number.displayPhoneNumber,
    is_default: number.isDefault,
    rate_per_second: number.ratePerSecond,
    throughput_level: number.throughputLevel,
    quality_rating: number.qualityRating,
    messaging_limit_tier: number.messagingLimitTier,
    token_expires_at: number.tokenExpiresAt?.toISOString() ?? null,
    paused,
    faults: number.faults,
  };
}

function checkedLines(number: CheckedNumber): string[] {
  const code = number.pausedCode === null ? '' : ` (code ${number.pausedCode})`;
  return [
    `${number.displayPhoneNumber}  ${number.faults.length === 0 ? 'ok' : 'FAULT'}${number.pausedAt ? '  PAUSED' : ''}`,
    ...pairs([
      ['  tenant', number.tenantId],
      ['  account', number.wabaId],
      ['  phone number id', number.phoneNumberId],
      ['  messages a second', number.ratePerSecond],
      ['  quality', number.qualityRating],
      ['  messaging limit', number.messagingLimitTier],
      ['  token expires', timeText(number.tokenExpiresAt) ?? 'never, as far as known'],
    ]),
    ...(number.pausedAt ? [`  paused since ${timeText(number.pausedAt)}: ${number.pausedReason}${code}`] : []),
    ...number.faults.map((fault) => `  fault: ${fault}`),
  ];
}
