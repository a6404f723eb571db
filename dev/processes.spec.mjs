import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { commandOf, end, identify, isRunning, startTimeOf } from './processes.mjs';

const started = [];

/** A process that says `ready` and then stays; with `deaf`, it ignores SIGTERM. */
async function startIdler({ deaf = false } = {}) {
  const script = `${deaf ? 'process.on("SIGTERM", () => {});' : ''} setInterval(() => {}, 1000); console.log("ready")`;
  const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('processes told apart', () => {
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('knows a running process again, and by its start time only that one', async () => {
    const child = await startIdler();
    const identity = identify(child.pid);
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, started: `${identity.started}0` })).toBe(false);
    expect(commandOf(child.pid)).toContain('setInterval');
  });

  it('says that an ended process does not run', async () => {
    const child = await startIdler();
    const identity = identify(child.pid);
    child.kill();
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
    expect(startTimeOf(child.pid)).toBeUndefined();
    expect(commandOf(child.pid)).toBe('');
  });

  it('asks a process to end', async () => {
    const child = await startIdler();
    const exit = once(child, 'exit');
    await end(identify(child.pid));
    expect(await exit).toEqual([null, 'SIGTERM']);
  });

  it('kills one that does not listen, after the grace', async () => {
    const child = await startIdler({ deaf: true });
    const exit = once(child, 'exit');
    await end(identify(child.pid), { graceMs: 100 });
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('leaves alone a process that only has the same id', async () => {
    const child = await startIdler();
    await end({ pid: child.pid, started: 'another time' });
    expect(isRunning(identify(child.pid))).toBe(true);
    expect(child.signalCode).toBeNull();
  });
});
