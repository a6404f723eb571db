import { describe, expect, it } from '@jest/globals';
import { missingEntries, platformOf } from './complete-lockfile.mjs';

describe('platformOf', () => {
  it.each([
    ['@swc/core-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@swc/core-win32-ia32-msvc', { os: ['win32'], cpu: ['ia32'] }],
    ['@swc/core-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@unrs/resolver-binding-linux-riscv64-musl', { os: ['linux'], cpu: ['riscv64'], libc: ['musl'] }],
    ['@msgpackr-extract/msgpackr-extract-linux-x64', { os: ['linux'], cpu: ['x64'] }],
  ])('reads %s', (name, platform) => expect(platformOf(name)).toEqual(platform));

  it('answers nothing for a name without a platform', () => {
    expect(platformOf('fsevents')).toBeUndefined();
    expect(platformOf('@img/sharp-wasm32')).toBeUndefined();
  });
});

describe('missingEntries', () => {
  const lockWith = (optionalDependencies, others = {}) => ({
    packages: { 'node_modules/parent': { version: '1.0.0', dev: true, optionalDependencies }, ...others },
  });

  it('makes an entry in the version that the parent names', () => {
    expect(missingEntries(lockWith({ 'parent-darwin-x64': '1.0.0' }))).toEqual({
      'node_modules/parent-darwin-x64': { version: '1.0.0', cpu: ['x64'], dev: true, optional: true, os: ['darwin'] },
    });
  });

  it('leaves alone what is there, beside the parent or inside it', () => {
    const here = { 'node_modules/parent-linux-x64': {}, 'node_modules/parent/node_modules/parent-darwin-x64': {} };
    expect(missingEntries(lockWith({ 'parent-linux-x64': '1.0.0', 'parent-darwin-x64': '1.0.0' }, here))).toEqual({});
  });

  it('refuses to guess: a range, or a name that tells no platform', () => {
    expect(() => missingEntries(lockWith({ 'parent-darwin-x64': '^1.0.0' }))).toThrow(/parent-darwin-x64/);
    expect(() => missingEntries(lockWith({ fsevents: '2.3.3' }))).toThrow(/fsevents/);
  });
});
