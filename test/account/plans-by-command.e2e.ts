import { randomBytes } from 'node:crypto';
import { command, commandJson } from '../operator/command.js';
import { createTenant, operatorEnvironment } from '../operator/place.js';

const env = operatorEnvironment();
const run = <T>(...args: string[]): Promise<T> => commandJson<T>(args, env);
const refusal = async (...args: string[]): Promise<string> => {
  const { code, stderr } = await command(args, env);
  expect(code).toBe(1);
  return stderr;
};
const newName = (): string => `plan ${randomBytes(6).toString('hex')}`;

describe('a plan', () => {
  it('has the limits and features that it was given, and no others', async () => {
    const name = newName();
    const made = await run(
      'plan',
      'create',
      name,
      '--contacts',
      '0',
      '--staff',
      '2',
      '--features',
      'chatbot,api_access',
    );
    expect(made).toEqual({
      id: expect.any(Number) as number,
      name,
      limits: { contacts: 0, conversations: -1, campaigns: -1, staff: 2, api_calls_per_minute: -1 },
      features: ['chatbot', 'api_access'],
      tenants: 0,
    });
    const changed = await run('plan', 'update', name, '--contacts', 'unlimited', '--api-calls', '300');
    expect(changed).toMatchObject({
      limits: { contacts: -1, staff: 2, api_calls_per_minute: 300 },
      features: ['chatbot', 'api_access'],
    });
    expect(await run<unknown[]>('plan', 'list')).toContainEqual(changed);
    expect(await run('plan', 'delete', name)).toEqual({ deleted: name });
    expect(await refusal('plan', 'update', name, '--staff', '1')).toContain(`There is no plan named ${name}`);
  });

  it('is one of its name, knows only features that exist, and stays while tenants have it', async () => {
    const name = newName();
    const tenantId = String(await createTenant());
    await run('plan', 'create', name);
    expect(await refusal('plan', 'create', name)).toContain('already');
    expect(await refusal('plan', 'update', name)).toContain('Nothing to change');
    expect(await refusal('plan', 'update', name, '--features', 'chatbot,teleport')).toContain(
      'Unknown feature teleport',
    );
    expect(await run('tenant', 'plan', tenantId, '--plan', name, '--expires', '2999-12-31')).toMatchObject({
      plan: name,
      plan_expires_at: '2999-12-31T00:00:00.000Z',
      plan_cancelled_at: null,
    });
    expect(await refusal('plan', 'delete', name)).toContain('1 tenants have the plan');
    expect(await refusal('tenant', 'plan', tenantId, '--plan', newName())).toContain('There is no plan named');
    expect(await refusal('tenant', 'plan', tenantId, '--plan', name, '--expires', '2020-01-01')).toContain('past');
    expect(await run('tenant', 'plan', tenantId, '--cancel')).toMatchObject({
      plan_cancelled_at: expect.stringMatching(/^20/) as string,
    });
    // A new plan is a new subscription.
    expect(await run('tenant', 'plan', tenantId, '--plan', name)).toMatchObject({
      plan_expires_at: null,
      plan_cancelled_at: null,
    });
  });
});

describe('staff', () => {
  it('are added within the limit of the plan, and removed', async () => {
    const name = newName();
    const tenantId = String(await createTenant());
    await run('plan', 'create', name, '--staff', '1');
    await run('tenant', 'plan', tenantId, '--plan', name);
    const added = await run<{ id: number }>(
      'staff',
      'add',
      '--tenant',
      tenantId,
      '--name',
      ' Nour ',
      '--email',
      'n@example.com',
    );
    expect(added).toMatchObject({ name: 'Nour', email: 'n@example.com' });
    expect(await refusal('staff', 'add', '--tenant', tenantId, '--name', 'Omar')).toContain('allows 1 staff');
    expect(await run('staff', 'list', '--tenant', tenantId)).toEqual([added]);
    const stranger = String(await createTenant());
    expect(await refusal('staff', 'remove', String(added.id), '--tenant', stranger)).toContain(
      'has no member of staff',
    );
    await run('staff', 'remove', String(added.id), '--tenant', tenantId);
    expect(await run('staff', 'add', '--tenant', tenantId, '--name', 'Omar')).toMatchObject({ email: null });
    expect(await refusal('staff', 'add', '--tenant', tenantId, '--name', 'x', '--email', 'nobody')).toContain('e-mail');
  });
});

describe('the settings of a tenant', () => {
  it('are its defaults and its policies', async () => {
    const tenantId = String(await createTenant());
    const { id: assignee } = await run<{ id: number }>('staff', 'add', '--tenant', tenantId, '--name', 'Nour');
    expect(
      await run(
        'tenant',
        'defaults',
        tenantId,
        '--source',
        'WhatsApp',
        '--status',
        'New',
        '--assignee',
        String(assignee),
      ),
    ).toMatchObject({ default_source: 'WhatsApp', default_status: 'New', default_assignee: 'Nour' });
    // The same source under another spelling.
    await run('tenant', 'defaults', tenantId, '--source', 'whatsapp');
    expect(await run('tenant', 'policy', tenantId, '--unknown', 'resend')).toMatchObject({ unknown_policy: 'resend' });
    await run('tenant', 'service-window', tenantId, '--enforce');
    expect(await run('tenant', 'settings', tenantId)).toMatchObject({
      id: Number(tenantId),
      unknown_policy: 'resend',
      enforce_service_window: true,
      default_source: 'WhatsApp',
      default_assignee: 'Nour',
      plan: 'unlimited',
    });
    expect(await refusal('tenant', 'defaults', tenantId, '--assignee', '999999999')).toContain('no member of staff');
    expect(await refusal('tenant', 'defaults', tenantId, '--source', 'x'.repeat(256))).toContain('1 to 255');
    expect(await refusal('tenant', 'defaults', tenantId)).toContain('Nothing to change');
  });
});
