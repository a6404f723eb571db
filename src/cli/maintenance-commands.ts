import type { Command } from 'commander';
import type { Maintenance, MaintenanceReport } from '../maintenance/maintenance.js';
import { CommandError } from './failure.js';
import { pairs, show } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (maintenance: Maintenance) => Promise<R>): Promise<R> =>
  withService((await import('../maintenance/maintenance.js')).Maintenance, work);

/** `maintenance run`. */
export function addMaintenanceCommands(program: Command): void {
  const maintenance = program.command('maintenance').description('The daily job that keeps the tables small');
  maintenance
    .command('run')
    .description('Run the daily job now; status 1 when something had to be left for later')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
The workers run it every day by themselves. Safe to run and to break off at any time, while messages are sent.

Example:
  $ npm run cli -- maintenance run`,
    )
    .action(async (options: { json?: boolean }) => {
      const report = await run((service) => service.run({ force: true }));
      if (!report) throw new CommandError('Another process runs it just now');
      show({ json: reportJson(report), lines: reportLines(report) }, options.json === true);
      if (report.left.length > 0) throw new CommandError(`Left for later: ${report.left.join(', ')}`);
    });
}

function reportJson(report: MaintenanceReport): object {
  const { mediaIds, idempotencyKeys, auditEntries, oneTimeCodes, storePayloads, ...rest } = report;
  const { eventDeliveries, untoldChanges, storeBodies, ...others } = rest;
  return {
    ...others,
    media_ids: mediaIds,
    idempotency_keys: idempotencyKeys,
    audit_entries: auditEntries,
    one_time_codes: oneTimeCodes,
    event_deliveries: eventDeliveries,
    untold_changes: untoldChanges,
    store_payloads: storePayloads,
    store_bodies: storeBodies,
  };
}

function reportLines(report: MaintenanceReport): string[] {
  const { dropped, kept, messages, webhooks, attempts, mediaIds, idempotencyKeys, auditEntries, imports } = report;
  return pairs([
    ['partitions dropped', dropped.join(', ') || 'none'],
    ['kept, still in use', kept.join(', ') || 'none'],
    ['messages deleted', messages],
    ['stray webhooks', webhooks],
    ['stray attempts', attempts],
    ['media ids', mediaIds],
    ['idempotency keys', idempotencyKeys],
    ['audit entries', auditEntries],
    ['stray events', report.events],
    ['stray deliveries of events', report.eventDeliveries],
    ['changes never told of', report.untoldChanges],
    ['imports of contacts', imports],
    ['one-time codes', report.oneTimeCodes],
    ['payloads of stores', report.storePayloads],
    ['bodies of such payloads', report.storeBodies],
  ]);
}
