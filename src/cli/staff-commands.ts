import type { Command } from 'commander';
import type { StaffMember, StaffService as Staff } from '../tenants/staff.service.js';
import { parseId } from './arguments.js';
import { pairs, show, table, timeText } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (staff: Staff) => Promise<R>): Promise<R> =>
  withService((await import('../tenants/staff.service.js')).StaffService, work);

/** `staff add|list|remove`. */
export function addStaffCommands(program: Command): void {
  const staff = program
    .command('staff')
    .description("A tenant's staff, to whom contacts are assigned: add, list, remove");
  staff
    .command('add')
    .description('Add a member of staff, within the limit of the plan')
    .requiredOption('--tenant <id>', 'the tenant', parseId)
    .requiredOption('--name <name>', 'what the person is called')
    .option('--email <address>', 'where the person is reached')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- staff add --tenant 1 --name "Nour Hassan"')
    .action(async ({ tenant, name, email, json }: { tenant: number; name: string; email?: string; json?: boolean }) => {
      const added = await run((service) => service.add(tenant, { name, email }));
      const lines = pairs([
        ['id', added.id],
        ['name', added.name],
        ['e-mail', added.email],
      ]);
      show({ json: staffJson(added), lines }, json === true);
    });
  staff
    .command('list')
    .description("List a tenant's staff")
    .requiredOption('--tenant <id>', 'the tenant', parseId)
    .option('--json', 'print the result as JSON')
    .action(async ({ tenant, json }: { tenant: number; json?: boolean }) => {
      const found = await run((service) => service.list(tenant));
      const rows = found.map(({ id, name, email, createdAt }) => [id, name, email, timeText(createdAt)]);
      show({ json: found.map(staffJson), lines: table(['ID', 'NAME', 'E-MAIL', 'ADDED'], rows) }, json === true);
    });
  staff
    .command('remove')
    .description("Remove a member of staff; the person's contacts are nobody's then")
    .argument('<id>', 'id of the member, from `staff list`', parseId)
    .requiredOption('--tenant <id>', 'the tenant', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ npm run cli -- staff remove 4 --tenant 1')
    .action(async (id: number, { tenant, json }: { tenant: number; json?: boolean }) => {
      await run((service) => service.remove(tenant, id));
      show({ json: { removed: id }, lines: [`Member of staff ${id} is removed.`] }, json === true);
    });
}

const staffJson = ({ id, name, email, createdAt }: StaffMember): object => ({
  id,
  name,
  email,
  created_at: createdAt.toISOString(),
});
