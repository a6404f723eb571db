/**
 * What a running launcher has started, in `.rasl/run/<its process id>.json`: so that other commands of the checkout find
 * the parts, and so that the next start can end what a killed launcher left behind.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, root } from './checkout.mjs';
import { end, identify, isRunning } from './processes.mjs';
import { say } from './say.mjs';

export class RunRecord {
  #path = join(privateFolder('run'), `${process.pid}.json`);
  /** `endpoints`: addresses of the parts; `scratch`: folders to remove at the end; `role`: of the platform process. */
  #data = {
    checkout: root,
    launcher: identify(process.pid),
    kind: undefined,
    role: undefined,
    parts: [],
    scratch: [],
    endpoints: {},
  };

  get scratch() {
    return this.#data.scratch;
  }

  /** Notes a started process. Written before anything else can happen, so that no process is ever unknown. */
  addPart(part) {
    this.#data.parts.push(part);
    this.#write();
  }

  removePart(pid) {
    this.#data.parts = this.#data.parts.filter((part) => part.pid !== pid);
    this.#write();
  }

  addScratch(folder) {
    this.#data.scratch.push(folder);
    this.#write();
  }

  /** Notes what kind of run it is, its role, or addresses. */
  update({ endpoints = {}, ...rest }) {
    Object.assign(this.#data, rest);
    Object.assign(this.#data.endpoints, endpoints);
    this.#write();
  }

  close() {
    rmSync(this.#path, { force: true });
  }

  #write() {
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#data, null, 2), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** Records of this checkout's launchers that run now, except this process's own. */
export function runningRecords(kind) {
  return records().flatMap(({ data }) =>
    data !== undefined && data.kind === kind && data.launcher.pid !== process.pid && isRunning(data.launcher)
      ? [data]
      : [],
  );
}

/**
 * Ends what launchers of this checkout left behind when they were killed, in the order in which they would have stopped
 * it, and removes their scratch folders. Only processes whose id and start time are both the recorded ones are touched.
 */
export async function endLeftovers() {
  for (const { path, data } of records()) {
    if (data !== undefined && isRunning(data.launcher)) continue;
    const left = (data?.parts ?? []).filter(isRunning).sort((a, b) => b.rank - a.rank);
    if (left.length > 0)
      say(`Ending what an earlier run left behind: ${left.map((part) => `${part.name} (${part.pid})`).join(', ')}`);
    for (const part of left) await end(part, part);
    for (const folder of data?.scratch ?? []) rmSync(folder, { recursive: true, force: true });
    rmSync(path, { force: true });
  }
}

/** `data` is undefined for a record that belongs to another checkout (a copied folder) or was cut short. */
function records() {
  const folder = privateFolder('run');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const path = join(folder, name);
      try {
        const data = JSON.parse(readFileSync(path, 'utf8'));
        return [{ path, data: data.checkout === root ? data : undefined }];
      } catch (error) {
        if (error.code === 'ENOENT') return [];
        if (error instanceof SyntaxError) return [{ path, data: undefined }];
        throw error;
      }
    });
}
