import type { Command } from 'commander';
import { applyMigrations, migrationStatusOf } from '../platform/database/migrations.js';
import { readSettings } from '../platform/config/settings.js';
import { CommandError } from './failure.js';
import { show, table, timeText } from './output.js';

/** `migrate` and `migrate status`. They need no more than the settings and the database. */
export function addMigrateCommands(program: Command): void {
  const migrate = program
    .command('migrate')
    .description('Bring the database to this release (the deploy step)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Run it once per deploy, before the new processes start; they refuse to start on pending migrations (outside
development). Safe to run at any time and by several at once: an advisory lock lets one work, the others find nothing
to do. A migration is applied whole or not at all.

Examples:
  $ npm run cli -- migrate
  $ npm run cli -- migrate status --json`,
    )
    .action(async (options: { json?: boolean }) => {
      const applied = await applyMigrations(readSettings(process.env).DATABASE_URL);
      const lines = applied.length === 0 ? ['Nothing to apply.'] : applied.map((name) => `applied  ${name}`);
      show({ json: { applied }, lines }, options.json === true);
    });
  migrate
    .command('status')
    .description('Show which migrations are applied and which are pending; status 1 when some are')
    .option('--json', 'print the result as JSON')
    .action(async (_options: unknown, command: Command) => showStatus(command.optsWithGlobals().json === true));
}

async function showStatus(asJson: boolean): Promise<void> {
  const status = await migrationStatusOf(readSettings(process.env).DATABASE_URL);
  const applied = status.applied.map(({ name, finishedAt }) => ({ name, applied_at: finishedAt.toISOString() }));
  const rows = [
    ...status.applied.map(({ name, finishedAt }) => ['applied', name, timeText(finishedAt)]),
    ...status.failed.map((name) => ['failed', name, null]),
    ...status.pending.map((name) => ['pending', name, null]),
    ...status.unknown.map((name) => ['not in this release', name, null]),
  ];
  const json = { applied, pending: status.pending, failed: status.failed, unknown: status.unknown };
  show({ json, lines: table(['STATE', 'MIGRATION', 'APPLIED AT'], rows) }, asJson);
  const open = status.pending.length + status.failed.length;
  if (open > 0) throw new CommandError(`${open} migration${open === 1 ? ' is' : 's are'} not applied`);
}
