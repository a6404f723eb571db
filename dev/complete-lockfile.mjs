/**
 * Completes package-lock.json after `npm install`: `node dev/complete-lockfile.mjs`.
 *
 * Some packages come as one optional package per platform. A registry that does not offer all of them makes npm leave
 * the others out of the lock file, and then `npm ci` calls the lock file incomplete and refuses it, on every machine.
 * The missing entries are known without any registry: the parent names the exact version, the name says the platform.
 * They carry no integrity hash, because nobody here has seen their contents.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './checkout.mjs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * What a platform package's name says: `@swc/core-linux-arm-gnueabihf` runs on linux, arm, glibc.
 * Undefined when the name names no system or no processor.
 */
export function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  if (os !== 'linux') return { os: [os], cpu: [cpu] };
  if (words.some((word) => word.startsWith('musl'))) return { os: [os], cpu: [cpu], libc: ['musl'] };
  return words.some((word) => word.startsWith('gnu'))
    ? { os: [os], cpu: [cpu], libc: ['glibc'] }
    : { os: [os], cpu: [cpu] };
}

/** Entries that the lock file should have and has not: path and entry of every missing optional platform package. */
export function missingEntries(lock) {
  const missing = {};
  for (const [path, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue;
      const platform = platformOf(name);
      if (platform === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
        throw new Error(
          `${path} wants ${name}@${version}, which the lock file does not have and whose name tells no platform`,
        );
      }
      const { os, cpu, libc } = platform;
      const always = { version, cpu, ...(parent.dev ? { dev: true } : {}), ...(libc ? { libc } : {}) };
      missing[`node_modules/${name}`] = { ...always, optional: true, os };
    }
  }
  return missing;
}

function main() {
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingEntries(lock);
  const names = Object.keys(missing);
  if (names.length > 0) {
    const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  }
  console.log(`package-lock.json: ${names.length} optional packages added`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
