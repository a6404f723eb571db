import { command, commandProcess } from './command.js';
import { createTenant, operatorEnvironment } from './place.js';

const env = operatorEnvironment();
let tenantId: string;

beforeAll(async () => {
  tenantId = String(await createTenant());
});

/** One line on standard error, nothing on standard output. */
async function refusal(args: string[], given: NodeJS.ProcessEnv = env): Promise<{ code: number | null; line: string }> {
  const { code, stdout, stderr } = await command(args, given);
  expect(stdout).toBe('');
  const [line = '', ...rest] = stderr.trimEnd().split('\n');
  expect(rest.filter((text) => !/^\((add --help|Did you mean)/.test(text))).toEqual([]);
  expect(line).toMatch(/^error: /);
  return { code, line };
}

describe('a command that is called wrongly ends with status 2', () => {
  it.each([
    ['an unknown command', ['tenants']],
    ['an unknown subcommand', ['tenant', 'delete', '1']],
    ['an unknown option', ['tenant', 'list', '--all']],
    ['a missing option', ['tenant', 'create', '--name', 'X']],
    ['a missing argument', ['tenant', 'suspend']],
    ['one argument too many', ['tenant', 'suspend', '1', '2']],
    ['an id that is none', ['tenant', 'suspend', 'one']],
    ['the id 0', ['tenant', 'suspend', '0']],
    ['an id that is negative', ['token', 'list', '--tenant=-1']],
    [
      'a WABA id with letters',
      ['whatsapp', 'connect', '--tenant', '1', '--waba', 'waba', '--phone-number-id', '31500000'],
    ],
    [
      'a time that is none',
      ['token', 'create', '--tenant', '1', '--name', 'x', '--scopes', '*', '--expires', 'tomorrow'],
    ],
    [
      'a date that does not exist',
      ['token', 'create', '--tenant', '1', '--name', 'x', '--scopes', '*', '--expires', '2027-13-01'],
    ],
    ['a rate limit of 0', ['token', 'create', '--tenant', '1', '--name', 'x', '--scopes', '*', '--rate-limit', '0']],
    ['a limit that is none', ['plan', 'create', 'x', '--contacts', 'many']],
    ['a limit below 0', ['plan', 'create', 'x', '--contacts=-2']],
    ['a plan and its end', ['tenant', 'plan', '1', '--plan', 'x', '--cancel']],
    ['no plan', ['tenant', 'plan', '1']],
    ['an end without a plan', ['tenant', 'plan', '1', '--cancel', '--expires', '2999-01-01']],
    ['an unknown policy', ['tenant', 'policy', '1', '--unknown', 'ask']],
    ['a request id that is none', ['audit', 'list', '--request', '7']],
    ['sends of nobody', ['audit', 'list', '--sends']],
    ['two secrets from one input', [...connect('1'), '--access-token', '-', '--app-secret', '-']],
    ['a secret with a space', [...connect('1'), '--access-token', 'a b']],
    ['an empty secret', [...connect('1'), '--access-token', '']],
  ])('(%s)', async (_name, args) => {
    expect((await refusal(args)).code).toBe(2);
  });
});

function connect(tenant: string): string[] {
  return [
    'whatsapp',
    'connect',
    '--tenant',
    tenant,
    '--waba',
    '2150000000000001',
    '--phone-number-id',
    '3150000000000001',
  ];
}

it('a secret that standard input does not hold is missing: status 2, from the program itself', async () => {
  const { code, stderr } = await commandProcess([...connect('1'), '--access-token', '-'], env, '\n');
  expect(stderr).toMatch(/^error: --access-token is empty/);
  expect(code).toBe(2);
});

describe('a command that cannot be done ends with status 1', () => {
  const newTenant = (name: string, subdomain: string, ...more: string[]): string[] => {
    return ['tenant', 'create', '--name', name, '--subdomain', subdomain, ...more];
  };

  it.each([
    ['an empty name', newTenant(' ', 'op-empty'), /A name has 1 to 100 characters/],
    ['a name of 101 characters', newTenant('x'.repeat(101), 'op-long'), /A name has 1 to 100 characters/],
    ['a subdomain with capitals', newTenant('X', 'Op'), /A subdomain has/],
    ['a subdomain that ends with a hyphen', newTenant('X', 'op-'), /A subdomain has/],
    ['a subdomain of 64 characters', newTenant('X', 'x'.repeat(64)), /A subdomain has/],
    ['an unknown plan', newTenant('X', 'op-plan', '--plan', 'gold'), /There is no plan named gold/],
    ['a tenant that is not there', ['tenant', 'suspend', '999999'], /There is no tenant 999999/],
    ['tokens of a tenant that is not there', ['token', 'list', '--tenant', '999999'], /There is no tenant 999999/],
    ['a plan without a name', ['plan', 'create', ' '], /A plan's name has 1 to 100 characters/],
    ['a plan with a name of 101 characters', ['plan', 'create', 'x'.repeat(101)], /A plan's name has 1 to 100/],
    ['codes of 3 digits', ['tenant', 'otp', '999999', '--code-length', '3'], /A code has 4 to 15 digits/],
    ['codes of 16 digits', ['tenant', 'otp', '999999', '--code-length', '16'], /A code has 4 to 15 digits/],
    ['eleven attempts', ['tenant', 'otp', '999999', '--max-attempts', '11'], /A code may be tried 1 to 10 times/],
    ['codes without a change', ['tenant', 'otp', '999999'], /Nothing to change was given/],
    ['settings of a tenant that is not there', ['tenant', 'settings', '999999'], /There is no tenant 999999/],
    [
      'staff of a tenant that is not there',
      ['staff', 'add', '--tenant', '999999', '--name', 'x'],
      /There is no tenant/,
    ],
    ['a pause without a reason', ['whatsapp', 'pause', '999999999', '--reason', ' '], /A reason has 1 to 500/],
    [
      'a pause with 501 characters',
      ['whatsapp', 'pause', '999999999', '--reason', 'x'.repeat(501)],
      /A reason has 1 to 500/,
    ],
    [
      'a pause of an unknown number',
      ['whatsapp', 'pause', '999999999', '--reason', 'x'.repeat(500)],
      /is not connected/,
    ],
    ['a number that is not connected', ['whatsapp', 'resume', '999999999'], /is not connected/],
    ['a check of nothing', ['whatsapp', 'check', '--phone-number-id', '999999999'], /No such number is connected/],
    ['a connection of a tenant that is not there', connect('999999'), /There is no tenant 999999/],
  ])('(%s)', async (_name, args, message) => {
    const { code, line } = await refusal(args);
    expect(line).toMatch(message);
    expect(code).toBe(1);
  });

  it.each([
    [
      'an unknown scope',
      ['--scopes', 'messages:send,messages:fly'],
      /Unknown scope messages:fly\. There are: \*, messages:send/,
    ],
    ['no scope', ['--scopes', ' , '], /at least one scope/],
    ['an end in the past', ['--scopes', '*', '--expires', '2020-01-01'], /in the past/],
    ['a rate limit above a million', ['--scopes', '*', '--rate-limit', '1000001'], /from 1 to 1000000/],
  ])('(a token with %s)', async (_name, more, message) => {
    const { code, line } = await refusal(['token', 'create', '--tenant', tenantId, '--name', 'x', ...more]);
    expect(line).toMatch(message);
    expect(code).toBe(1);
  });

  it('(a taken subdomain)', async () => {
    const subdomain = `op-taken-${tenantId}`;
    expect((await command(newTenant('X', subdomain), env)).code).toBe(0);
    expect(await refusal(newTenant('Y', subdomain))).toEqual({
      code: 1,
      line: `error: The subdomain ${subdomain} is taken`,
    });
  });

  it("(another tenant's token)", async () => {
    const created = await command(
      ['token', 'create', '--tenant', tenantId, '--name', 'x', '--scopes', '*', '--json'],
      env,
    );
    const { id } = JSON.parse(created.stdout) as { id: number };
    const other = String(await createTenant());
    const { code, line } = await refusal(['token', 'revoke', String(id), '--tenant', other]);
    expect({ code, line }).toEqual({ code: 1, line: `error: Tenant ${other} has no token ${id}` });
  });

  it('(the demo tenant in production)', async () => {
    const { code, line } = await refusal(['dev', 'provision'], { ...env, NODE_ENV: 'production', MEDIA_DIR: '/tmp' });
    expect({ code, line }).toEqual({ code: 1, line: 'error: The demo tenant is for development only' });
  });

  it('(a database that is not migrated)', async () => {
    const { code, line } = await refusal(['tenant', 'list'], { ...env, DATABASE_URL: process.env.TEST_DATABASE_URL });
    expect({ code, line }).toEqual({ code: 1, line: 'error: The database is not up to date: run `migrate` first' });
  });

  it.each([
    ['nobody listens', { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }, /does not answer at the address/],
    [
      'its host is not known',
      { DATABASE_URL: 'postgresql://nobody@database.invalid/none' },
      /does not answer at the address/,
    ],
  ])('(a database where %s)', async (_name, given, message) => {
    const { code, line } = await refusal(['tenant', 'list'], { ...env, ...given });
    expect(line).toMatch(message);
    expect(code).toBe(1);
  });

  it('(settings that are missing) with every fault', async () => {
    const { code, stderr } = await command(['tenant', 'list'], { ...env, DATABASE_URL: '', ENCRYPTION_KEY: 'short' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/DATABASE_URL/);
    expect(stderr).toMatch(/ENCRYPTION_KEY/);
  });
});

describe('help', () => {
  it.each([
    [[]],
    [['--help']],
    [['tenant', '--help']],
    [['tenant', 'create', '--help']],
    [['token', 'create', '--help']],
    [['whatsapp', 'connect', '--help']],
    [['migrate', '--help']],
    [['help', 'token']],
  ])('of %p needs no settings and ends with status 0', async (args) => {
    const { code, stdout, stderr } = await command(args, { DATABASE_URL: '', ENCRYPTION_KEY: '' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: rasl /);
  });

  it('comes from the program itself, too', async () => {
    const { code, stdout, stderr } = await commandProcess(['--help'], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: rasl /);
  });

  it('shows no value of a secret that stands in the environment', async () => {
    const { stdout } = await command(['whatsapp', 'connect', '--help'], { WHATSAPP_ACCESS_TOKEN: 'EAASECRET' });
    expect(stdout).toContain('WHATSAPP_ACCESS_TOKEN');
    expect(stdout).not.toContain('EAASECRET');
  });
});
