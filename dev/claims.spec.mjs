import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { alone, claim, release } from './claims.mjs';
import { identify } from './processes.mjs';

const folder = mkdtempSync(join(tmpdir(), 'claims-'));

describe('claims', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives a file to one process until it is given back', () => {
    const path = join(folder, 'one');
    expect(claim(path)).toBe(true);
    expect(claim(path)).toBe(false);
    release(path);
    expect(claim(path)).toBe(true);
    release(path);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over from a process that is gone, and from a file that is none of ours', () => {
    const path = join(folder, 'left');
    for (const content of [JSON.stringify({ ...identify(process.pid), started: 'long ago' }), 'not json']) {
      writeFileSync(path, content);
      expect(claim(path)).toBe(true);
      release(path);
    }
  });

  it('does not take over from a process that runs', () => {
    const path = join(folder, 'held');
    writeFileSync(path, JSON.stringify(identify(process.ppid)));
    expect(claim(path)).toBe(false);
    rmSync(path);
  });

  it('lets works of one name go one after the other, also after one failed', async () => {
    const name = `spec-${process.pid}`;
    const order = [];
    const work = (label) => async () => {
      order.push(`${label} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${label} ends`);
    };
    const failing = alone(name, async () => {
      await work('a')();
      throw new Error('a failed');
    });
    await Promise.all([expect(failing).rejects.toThrow('a failed'), alone(name, work('b'))]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
