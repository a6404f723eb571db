import { createDatabase, dropDatabase } from '../support/database.js';
import { command, commandJson } from './command.js';

let database: { name: string; url: string };
let env: NodeJS.ProcessEnv;

// Of its own: a hold stops whoever works on the same database.
beforeEach(async () => {
  database = await createDatabase();
  env = { DATABASE_URL: database.url };
});
afterEach(() => dropDatabase(database.name));

const run = (...args: string[]) => command(['delivery', ...args], env);

describe('delivery hold, status and release', () => {
  it('hold until they are released, and say since when and why', async () => {
    expect(await commandJson(['delivery', 'status'], env)).toEqual({
      held: false,
      held_at: null,
      reason: null,
      waiting: 0,
      unknown: 0,
    });
    const held = await commandJson<{ held_at: string }>(['delivery', 'hold', '--reason', 'a move'], env);
    expect(held).toEqual({ held: true, held_at: held.held_at, reason: 'a move', changed: true });
    expect(await commandJson(['delivery', 'hold', '--reason', 'another'], env)).toEqual({ ...held, changed: false });
    expect((await run('status')).stdout).toMatch(/held +since .*Z\nreason +a move\n/);
    expect(await commandJson(['delivery', 'release', '--continue'], env)).toEqual({
      released: true,
      held_at: held.held_at,
      reason: 'a move',
      unknown: 0,
      store_payloads: 0,
    });
    expect(await commandJson(['delivery', 'status'], env)).toMatchObject({ held: false });
  });

  it.each([
    ['without saying how', []],
    ['in both ways', ['--continue', '--restored']],
  ])('are not released %s: status 2, and the hold stays', async (_name, how) => {
    await run('hold', '--reason', 'a move');
    const { code, stdout, stderr } = await run('release', ...how);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: Say how: --continue when .* --restored when .* backup/);
    expect(await commandJson(['delivery', 'status'], env)).toMatchObject({ held: true });
  });

  it.each([
    ['a release of nothing', ['release', '--continue'], 1, /not held/],
    ['a restored release of nothing', ['release', '--restored'], 1, /not held/],
    ['an empty reason', ['hold', '--reason', ' '], 1, /A reason has 1 to 500/],
    ['no reason', ['hold'], 2, /--reason/],
  ])('refuse %s', async (_name, args, status, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
