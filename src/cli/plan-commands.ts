import type { Command } from 'commander';
import type { PlanChange, PlansService as Plans, PlanSummary } from '../tenants/plans.service.js';
import { parseLimit, parseList } from './arguments.js';
import { pairs, show, table } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (plans: Plans) => Promise<R>): Promise<R> =>
  withService((await import('../tenants/plans.service.js')).PlansService, work);

interface LimitOptions {
  contacts?: number;
  conversations?: number;
  campaigns?: number;
  staff?: number;
  apiCalls?: number;
  features?: string[];
  json?: boolean;
}

/** `plan create|update|list|delete`. */
export function addPlanCommands(program: Command): void {
  const plan = program
    .command('plan')
    .description('Plans: what tenants may have. Create, update, list, delete')
    .addHelpText(
      'after',
      `
A plan named Free counts for tenants whose subscription has ended or who have no plan.`,
    );
  withLimits(
    plan
      .command('create')
      .description('Make a plan. What is not limited is unlimited; without --features it has api_access alone')
      .argument('<name>', 'what it is called'),
  )
    .addHelpText(
      'after',
      `
Example:
  $ npm run cli -- plan create Business --contacts 5000 --conversations 10000 --staff 10 --api-calls 300 \\
      --features api_access,whatsapp_templates,bulk_messaging`,
    )
    .action(async (name: string, options: LimitOptions) => {
      const created = await run((plans) => plans.create(name, changeOf(options)));
      show({ json: planJson(created), lines: planLines(created) }, options.json === true);
    });
  withLimits(
    plan
      .command('update')
      .description('Change a plan, for all its tenants at once. What is not given stays')
      .argument('<name>', 'which plan'),
  )
    .addHelpText(
      'after',
      `
Tenants that have more than a lowered limit keep what they have, and get no more of it.

Example:
  $ npm run cli -- plan update Business --contacts unlimited`,
    )
    .action(async (name: string, options: LimitOptions) => {
      const updated = await run((plans) => plans.update(name, changeOf(options)));
      show({ json: planJson(updated), lines: planLines(updated) }, options.json === true);
    });
  plan
    .command('list')
    .description('List all plans')
    .option('--json', 'print the result as JSON')
    .action(async (options: { json?: boolean }) => {
      const plans = await run((service) => service.list());
      const headings = ['ID', 'NAME', 'CONTACTS', 'CONVERSATIONS', 'CAMPAIGNS', 'STAFF', 'CALLS A MINUTE', 'TENANTS'];
      const rows = plans.map(({ id, name, limits, tenants }) => [
        ...[id, name, limitText(limits.contacts), limitText(limits.conversations), limitText(limits.campaigns)],
        ...[limitText(limits.staff), limitText(limits.apiCallsPerMinute), tenants],
      ]);
      show({ json: plans.map(planJson), lines: table(headings, rows) }, options.json === true);
    });
  plan
    .command('delete')
    .description('Delete a plan that no tenant has')
    .argument('<name>', 'which plan')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- plan delete Business')
    .action(async (name: string, options: { json?: boolean }) => {
      await run((plans) => plans.delete(name));
      show({ json: { deleted: name }, lines: [`${name} is deleted.`] }, options.json === true);
    });
}

function withLimits(command: Command): Command {
  return command
    .option('--contacts <limit>', 'contacts, or `unlimited`', parseLimit)
    .option('--conversations <limit>', 'conversations a month (UTC), or `unlimited`', parseLimit)
    .option('--campaigns <limit>', 'campaigns, or `unlimited`', parseLimit)
    .option('--staff <limit>', 'members of staff, or `unlimited`', parseLimit)
    .option('--api-calls <limit>', 'calls a token may make in a minute, or `unlimited`', parseLimit)
    .option(
      '--features <list>',
      'all features that are on, separated by commas; without api_access its tenants may not call the API',
      parseList,
    )
    .option('--json', 'print the result as JSON');
}

const changeOf = ({ contacts, conversations, campaigns, staff, apiCalls, features }: LimitOptions): PlanChange => ({
  limits: { contacts, conversations, campaigns, staff, apiCallsPerMinute: apiCalls },
  features,
});

const limitText = (limit: number): string => (limit < 0 ? 'unlimited' : String(limit));

function planJson({ id, name, limits, features, tenants }: PlanSummary): object {
  const { contacts, conversations, campaigns, staff, apiCallsPerMinute } = limits;
  return {
    id,
    name,
    limits: { contacts, conversations, campaigns, staff, api_calls_per_minute: apiCallsPerMinute },
    features,
    tenants,
  };
}

function planLines({ id, name, limits, features, tenants }: PlanSummary): string[] {
  return pairs([
    ['plan', id],
    ['name', name],
    ['contacts', limitText(limits.contacts)],
    ['conversations a month', limitText(limits.conversations)],
    ['campaigns', limitText(limits.campaigns)],
    ['staff', limitText(limits.staff)],
    ['calls a minute', limitText(limits.apiCallsPerMinute)],
    ['features', features.join(', ') || 'none'],
    ['tenants', tenants],
  ]);
}
