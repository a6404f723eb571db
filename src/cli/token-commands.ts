import type { Command } from 'commander';
import { SCOPES } from '../auth-scopes/scopes.js';
import type { ApiTokensService as ApiTokens, TokenSummary } from '../tenants/api-tokens.service.js';
import { parseId, parseList, parseTime } from './arguments.js';
import { pairs, show, table, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (tokens: ApiTokens) => Promise<R>): Promise<R> =>
  withService((await import('../tenants/api-tokens.service.js')).ApiTokensService, work);

interface CreateOptions {
  tenant: number;
  name: string;
  scopes: string[];
  rateLimit?: number;
  expires?: Date;
  json?: boolean;
}

/** `token create|list|revoke`. */
export function addTokenCommands(program: Command): void {
  const token = program.command('token').description('Access tokens of a tenant: create, list, revoke');
  token
    .command('create')
    .description('Make an access token. It is printed this once; only a hash is stored')
    .requiredOption('--tenant <id>', 'the tenant it speaks for', parseId)
    .requiredOption('--name <name>', 'what it is for, to tell tokens apart')
    .requiredOption('--scopes <list>', 'scopes, separated by commas; * grants all', parseList)
    .option('--rate-limit <calls>', "calls a minute; by default the plan's limit, or 60", parseId)
    .option('--expires <time>', 'when it ends (2027-01-31 or 2027-01-31T08:00:00Z); by default never', parseTime)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Scopes: ${wrapped(SCOPES)}

Examples:
  $ npm run cli -- token create --tenant 1 --name "web shop" --scopes messages:send,messages:read
  $ npm run cli -- token create --tenant 1 --name trial --scopes '*' --expires 2027-01-31`,
    )
    .action(async ({ tenant: tenantId, rateLimit, expires, json, name, scopes }: CreateOptions) => {
      const wanted = { tenantId, name, scopes, rateLimitPerMinute: rateLimit, expiresAt: expires };
      const { token: text, ...created } = await run((tokens) => tokens.create(wanted));
      const lines = [
        text,
        '',
        'Keep it now: it is shown this once and cannot be read again.',
        '',
        ...tokenLines(created),
      ];
      show({ json: { ...tokenJson(created), token: text }, lines }, json === true);
    });
  token
    .command('list')
    .description("List a tenant's tokens, without their text")
    .requiredOption('--tenant <id>', 'the tenant', parseId)
    .option('--json', 'print the result as JSON')
    .action(async (options: { tenant: number; json?: boolean }) => {
      const found = await run((tokens) => tokens.list(options.tenant));
      const rows = found.map((one) => [
        ...[one.id, one.name, one.hint, one.scopes.join(','), one.rateLimitPerMinute],
        ...[timeText(one.expiresAt), timeText(one.revokedAt)],
      ]);
      const lines = table(['ID', 'NAME', 'TOKEN', 'SCOPES', 'PER MINUTE', 'EXPIRES', 'REVOKED'], rows);
      show({ json: found.map(tokenJson), lines }, options.json === true);
    });
  token
    .command('revoke')
    .description('End a token: it answers 401 within a second on every process')
    .argument('<token>', 'id of the token, from `token list`', parseId)
    .requiredOption('--tenant <id>', 'the tenant it belongs to', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- token revoke 12 --tenant 1')
    .action(async (id: number, options: { tenant: number; json?: boolean }) => {
      const revoked = await run((tokens) => tokens.revoke(options.tenant, id));
      show({ json: tokenJson(revoked), lines: tokenLines(revoked) }, options.json === true);
    });
}

function wrapped(scopes: readonly string[]): string {
  const lines: string[] = [];
  for (let from = 0; from < scopes.length; from += 5) lines.push(scopes.slice(from, from + 5).join(', '));
  return lines.join(',\n        ');
}

function tokenJson(token: TokenSummary): object {
  return {
    id: token.id,
    tenant_id: token.tenantId,
    name: token.name,
    hint: token.hint,
    scopes: token.scopes,
    rate_limit_per_minute: token.rateLimitPerMinute,
    expires_at: token.expiresAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
    created_at: token.createdAt.toISOString(),
  };
}

function tokenLines(token: TokenSummary): string[] {
  return pairs([
    ['id', token.id],
    ['tenant', token.tenantId],
    ['name', token.name],
    ['scopes', token.scopes.join(', ')],
    ['calls a minute', token.rateLimitPerMinute],
    ['expires', timeText(token.expiresAt) ?? 'never'],
    ['revoked', timeText(token.revokedAt)],
  ]);
}
