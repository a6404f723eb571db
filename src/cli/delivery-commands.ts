import type { Command } from 'commander';
import type { DeliveryHold as Holding, HeldDelivery, ReleasedHold } from '../delivery/hold/delivery-hold.js';
import type { Hold } from '../delivery/hold/hold-state.js';
import { UsageError } from './failure.js';
import { pairs, show, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (delivery: Holding) => Promise<R>): Promise<R> =>
  withService((await import('../delivery/hold/delivery-hold.js')).DeliveryHold, work);

interface ReleaseOptions {
  continue?: boolean;
  restored?: boolean;
  json?: boolean;
}

const HOW_TO_RELEASE =
  'Say how: --continue when the database is the one that was held (what waits is sent), --restored when it was restored ' +
  'from a backup (what may have gone out since becomes unknown and is not sent again)';

/** `delivery hold|status|release`. */
export function addDeliveryCommands(program: Command): void {
  const delivery = program.command('delivery').description('All sending, of every number: hold it, look, release it');
  delivery
    .command('hold')
    .description('Hold all sending. Sends are accepted and stored; what is on the wire goes on to its end')
    .requiredOption('--reason <text>', 'why; operators read it')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Holds for every process, also for those that start later, until \`delivery release\`. Nothing expires and no unknown
outcome is settled meanwhile. A restored backup is held before the first process starts (docs/backup-and-restore.md).

Example:
  $ npm run cli -- delivery hold --reason "Restored from the backup of 02:00"`,
    )
    .action(async ({ reason, json }: { reason: string; json?: boolean }) => {
      const { hold, placed } = await run((service) => service.hold(reason));
      const line = `${placed ? 'Held' : 'Was held already,'} since ${timeText(hold.heldAt)}: ${hold.reason}`;
      show({ json: { ...holdJson(hold), changed: placed }, lines: [line] }, json === true);
    });
  delivery
    .command('status')
    .description('Show whether sending is held, since when and why, and what waits')
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: { json?: boolean }) => showStatus(await run((service) => service.status()), json));
  delivery
    .command('release')
    .description('Let sending go on after a hold')
    .option('--continue', 'send what waits: the database is the one that was held')
    .option('--restored', 'the database was restored from a backup: what may have gone out since becomes unknown')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Workers begin within a second; none needs a restart. One of the two options has to be given:

  --continue   nothing was lost: every message that waits is sent, unless it expired meanwhile.
  --restored   the database is older than what was sent. What was accepted before the hold, and is queued, claimed or
               waiting for a retry, may have gone out after the backup: it becomes \`unknown\` and is settled like
               every unknown outcome. What stores delivered before the hold, and was due before it, becomes \`failed\`;
               tenants may retry it. Messages scheduled for later than the hold, and those accepted since, are sent.
               A release that broke off is repeated.

Example:
  $ npm run cli -- delivery release --continue`,
    )
    .action(release);
}

async function release(options: ReleaseOptions): Promise<void> {
  if (options.continue === options.restored) throw new UsageError(HOW_TO_RELEASE);
  const released = await run((service) => (options.restored ? service.releaseRestored() : service.continue()));
  show({ json: releasedJson(released), lines: releasedLines(released, options) }, options.json === true);
}

function holdJson({ heldAt, reason }: Hold): object {
  return { held: true, held_at: heldAt.toISOString(), reason };
}

function showStatus({ hold, waiting, unknown }: HeldDelivery, json: boolean | undefined): void {
  const state = hold ? holdJson(hold) : { held: false, held_at: null, reason: null };
  const lines = pairs([
    ['held', hold ? `since ${timeText(hold.heldAt)}` : 'no'],
    ['reason', hold?.reason ?? null],
    ['waiting', waiting],
    ['unknown', unknown],
  ]);
  show({ json: { ...state, waiting, unknown }, lines }, json === true);
}

function releasedJson({ hold, doubted, payloads }: ReleasedHold): object {
  return {
    released: true,
    held_at: hold.heldAt.toISOString(),
    reason: hold.reason,
    unknown: doubted,
    store_payloads: payloads,
  };
}

function releasedLines({ hold, doubted, payloads }: ReleasedHold, { restored }: ReleaseOptions): string[] {
  const text = `Released what was held since ${timeText(hold.heldAt)}.`;
  return restored
    ? [
        text,
        `${doubted} messages may have gone out after the backup: their outcome is unknown now.`,
        `${payloads} payloads of stores may have led to messages after the backup: they are failed now.`,
      ]
    : [text];
}
