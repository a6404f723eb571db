import type { Command } from 'commander';
import type { OperatedEndpoint, OperatorEndpoints as Endpoints } from '../webhooks/endpoints/operator-endpoints.js';
import { parseId, parseLargeId } from './arguments.js';
import { CommandError } from './failure.js';
import { show, table, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (endpoints: Endpoints) => Promise<R>): Promise<R> =>
  withService((await import('../webhooks/endpoints/operator-endpoints.js')).OperatorEndpoints, work);

interface Options {
  json?: boolean;
}

/** `webhooks list|disable|enable|replay`. */
export function addWebhookCommands(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description("Tenants' webhooks: list, disable, enable, replay a delivery");
  webhooks
    .command('list')
    .description('List endpoints: their state, what waits for them, and what was given up and not replayed')
    .option('--tenant <id>', 'of this tenant alone', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Of the address the host is shown: path and query may hold a secret of the tenant's.

Example:
  $ npm run cli -- webhooks list --tenant 7`,
    )
    .action(async ({ tenant, json }: Options & { tenant?: number }) => {
      const found = await run((endpoints) => endpoints.list(tenant ?? null));
      const headings = ['ID', 'TENANT', 'HOST', 'STATE', 'DISABLED', 'FAILING SINCE', 'WAITING', 'DEAD'];
      show({ json: found.map(endpointJson), lines: table(headings, found.map(endpointCells)) }, json === true);
    });
  addSwitch(
    webhooks,
    'disable',
    'Stop deliveries to an endpoint',
    `
Calls under way go on to their end. What waits stays, and what happens meanwhile is stored and can be replayed. The
tenant reads disabled_reason "operator", is told by its other endpoints, and may enable the endpoint again.

Example:
  $ npm run cli -- webhooks disable 12`,
  );
  addSwitch(
    webhooks,
    'enable',
    'Let deliveries to a disabled endpoint go on, whoever disabled it',
    `
What has waited goes out at once, unless it is three days old: that is given up, and can be replayed.

Example:
  $ npm run cli -- webhooks enable 12`,
  );
  webhooks
    .command('replay')
    .description('Deliver an event to the same endpoint once more, whatever became of it')
    .argument('<delivery>', 'id of the delivery, from the page of the queues or from the tenant', parseLargeId)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
It is a delivery of its own with the same body and the same webhook-id. To a disabled endpoint it goes when that is
enabled.

Example:
  $ npm run cli -- webhooks replay 90417`,
    )
    .action(replay);
}

function addSwitch(webhooks: Command, name: 'disable' | 'enable', description: string, help: string): void {
  webhooks
    .command(name)
    .description(description)
    .argument('<webhook>', 'id of the endpoint, from `webhooks list`', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', help)
    .action(async (id: number, { json }: Options) => {
      const enabled = name === 'enable';
      const changed = await run((endpoints) => endpoints.setEnabled(id, enabled));
      const line = changed ? `Webhook ${id} is ${name}d.` : `Webhook ${id} was ${name}d already.`;
      show({ json: { id, enabled, changed }, lines: [line] }, json === true);
    });
}

async function replay(id: number, { json }: Options): Promise<void> {
  const { operatorOf } = await import('../platform/audit/audit-trail.js');
  const { ReplaysService } = await import('../webhooks/deliveries/replays.service.js');
  const added = await withService(ReplaysService, (replays) => replays.replayDelivery(operatorOf(null), id));
  if (!added) throw new CommandError(`There is no delivery ${id}, or its endpoint or event is gone`);
  const line = `Delivery ${id} of tenant ${added.tenantId} is made again, as ${added.id}.`;
  show({ json: { id: added.id, replay_of: id, tenant_id: added.tenantId }, lines: [line] }, json === true);
}

const endpointJson = (endpoint: OperatedEndpoint): object => ({
  id: endpoint.id,
  tenant_id: endpoint.tenantId,
  host: endpoint.host,
  enabled: endpoint.enabled,
  disabled_reason: endpoint.disabledReason,
  disabled_at: endpoint.disabledAt?.toISOString() ?? null,
  failing_since: endpoint.failingSince?.toISOString() ?? null,
  waiting: endpoint.waiting,
  dead: endpoint.dead,
});

const endpointCells = (endpoint: OperatedEndpoint): (string | number | null)[] => [
  endpoint.id,
  endpoint.tenantId,
  endpoint.host,
  endpoint.enabled ? 'enabled' : `disabled (${endpoint.disabledReason ?? 'by its tenant'})`,
  timeText(endpoint.disabledAt),
  timeText(endpoint.failingSince),
  endpoint.waiting,
  endpoint.dead,
];
