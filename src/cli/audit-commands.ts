import type { Command } from 'commander';
import type { AuditEntry, AuditQuery } from '../platform/audit/audit-log.js';
import { parseId, parseTime, parseUuid } from './arguments.js';
import { UsageError } from './failure.js';
import { show, table, timeText } from './output.js';
import { withService } from './services.js';

const NEWEST = 50;

interface ListOptions {
  tenant?: number;
  token?: number;
  request?: string;
  action?: string;
  since?: Date;
  sends?: boolean;
  limit: number;
  json?: boolean;
}

/** `audit list`. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('Who changed what: list');
  audit
    .command('list')
    .description('List changes, newest first: when, by which token or operator, in which request, what')
    .option('--tenant <id>', "one tenant's data", parseId)
    .option('--token <id>', 'by one token', parseId)
    .option('--request <id>', 'in one request: meta.request_id of its answer', parseUuid)
    .option('--action <name>', 'such as contact.deleted, or contact for all of its kind')
    .option('--since <time>', 'since then (2027-01-31 or 2027-01-31T08:00:00Z)', parseTime)
    .option('--sends', "the tenant's sends, too, among its newest messages")
    .option('--limit <count>', 'so many at most', parseId, NEWEST)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Changes are kept for AUDIT_RETENTION_DAYS; sends as long as their messages.

Examples:
  $ npm run cli -- audit list --tenant 7 --action contact
  $ npm run cli -- audit list --request 0f8fad5b-d9cb-469f-a165-70867728950e`,
    )
    .action(async ({ tenant, token, request, action, since, sends, limit, json }: ListOptions) => {
      if (sends && tenant === undefined) throw new UsageError('--sends goes with --tenant');
      const query: AuditQuery = {
        tenantId: tenant,
        tokenId: token,
        requestId: request,
        action,
        since,
        withSends: sends === true,
        limit,
      };
      const { AuditLog } = await import('../platform/audit/audit-log.js');
      const entries = await withService(AuditLog, (log) => log.list(query));
      const rows = entries.map((entry) => [
        ...[timeText(entry.at), entry.tenantId, authorText(entry), entry.action, subjectText(entry)],
        ...[Object.keys(entry.details).length === 0 ? null : JSON.stringify(entry.details), entry.requestId],
      ]);
      const lines = table(['AT', 'TENANT', 'BY', 'ACTION', 'IDS', 'DETAILS', 'REQUEST'], rows);
      show({ json: entries.map(entryJson), lines }, json === true);
    });
}

const authorText = ({ tokenId, tokenName, operator }: AuditEntry): string | null =>
  tokenId === null ? operator : `token ${tokenId} ${tokenName ?? ''}`.trim();

/** Batches have up to a thousand. */
const SHOWN_IDS = 5;

function subjectText({ subjectIds }: AuditEntry): string {
  const shown = subjectIds.slice(0, SHOWN_IDS).join(',');
  return subjectIds.length > SHOWN_IDS ? `${shown} … (${subjectIds.length})` : shown;
}

const entryJson = (entry: AuditEntry): object => ({
  at: entry.at.toISOString(),
  tenant_id: entry.tenantId,
  token_id: entry.tokenId,
  operator: entry.operator,
  request_id: entry.requestId,
  action: entry.action,
  ids: entry.subjectIds,
  details: entry.details,
});
