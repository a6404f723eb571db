/**
 * Runs one of the launcher's commands: starts processes, and sees to it that every one of them is stopped when the
 * command ends, for whatever reason: done, failed, Ctrl-C, SIGTERM, SIGHUP, a closed terminal, a part that died.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { root } from './checkout.mjs';
import { commandOf, end, identify, isRunning, parentOf, signal } from './processes.mjs';
import { RunRecord } from './run-record.mjs';
import { LaunchError, say } from './say.mjs';

/** Signals that end a command, with the status a shell expects for each. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** In which order parts stop: the highest rank first. */
export const RANK = { postgres: 0, redis: 1, sandbox: 2, platform: 3, command: 4 };

export class Launcher {
  record = new RunRecord();
  /** Status after a signal; undefined: the shell's usual one. `npm start` sets 0: there, Ctrl-C is the normal end. */
  statusOnSignal = undefined;
  #parts = new Set();
  #stopping = undefined;
  #stoppingSince = 0;

  constructor() {
    for (const name of Object.keys(SIGNALS)) process.on(name, () => this.#onSignal(name));
    // `npm run demo | head`: the reader is gone, so nobody watches any more.
    process.stdout.on('error', () => this.#onSignal('SIGHUP'));
    if (process.env.npm_lifecycle_event) this.#endWithNpm();
  }

  /**
   * Starts a process in a group of its own (a Ctrl-C at the terminal reaches the launcher alone, which then stops its
   * parts in order). `log`: a file for what it prints; else `stdio`. Answers the part; `part.exited` resolves with
   * `{code, signal}`. Until `part.expected` is set or the launcher stops, its end is an error that ends the command;
   * `watched: false` leaves that to the caller.
   */
  start(
    name,
    command,
    args,
    {
      env = process.env,
      log,
      stdio = 'inherit',
      watched = true,
      rank = RANK.command,
      how = 'SIGTERM',
      graceMs = 10_000,
      group = false,
      ...options
    } = {},
  ) {
    if (this.#stopping) throw new LaunchError('stopping');
    const output = log === undefined ? undefined : newLog(log);
    const child = spawn(command, args, {
      cwd: root,
      ...options,
      env,
      detached: true,
      stdio: output === undefined ? stdio : ['ignore', output, output],
    });
    if (output !== undefined) closeSync(output);
    const exited = new Promise((resolve) => {
      child.once('exit', (code, signalName) => resolve({ code, signal: signalName }));
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
    });
    const part = { name, child, pid: child.pid, log, exited, watched, expected: false };
    if (child.pid !== undefined) {
      Object.assign(part, identify(child.pid), { rank, how, graceMs, group });
      this.record.addPart({ name, pid: child.pid, started: part.started, rank, how, graceMs, group });
      this.#parts.add(part);
    }
    void exited.then((result) => this.#onExit(part, result));
    return part;
  }

  /** Runs a command to its end and answers its status; a signal counts as 1. */
  async run(name, command, args, options = {}) {
    const part = this.start(name, command, args, { ...options, watched: false, group: true });
    const { code, error } = await part.exited;
    // Children of the command that outlived it (test workers after a crash, say) are of no use to anyone.
    if (part.pid !== undefined) signal(part.pid, 'SIGKILL', { group: true });
    if (error) throw new LaunchError(`${name} could not be started: ${error.message}`);
    return code ?? 1;
  }

  /** From now on the part's end is an error that ends the command. */
  watch(part) {
    part.watched = true;
    if (part.ended) this.#failBecauseEnded(part, part.ended);
  }

  /** Stops one part. */
  async stop(part) {
    part.expected = true;
    await end(part, part);
  }

  /** Never resolves: the command goes on until a signal comes or a part ends. */
  untilStopped() {
    return new Promise((resolve) => this.#parts.size === 0 && resolve(0));
  }

  /** Stops everything, in order, and ends this process with the status. */
  finish(status) {
    this.#stopping ??= this.#stopAll().then(
      () => process.exit(status),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
    return this.#stopping;
  }

  /** Says what is wrong, stops everything, and ends with status 1. */
  fail(error) {
    if (this.#stopping) return this.#stopping;
    console.error(error instanceof LaunchError ? `\n${error.message}\n` : error);
    return this.finish(1);
  }

  async #stopAll() {
    const parts = [...this.#parts].sort((a, b) => b.rank - a.rank);
    for (const part of parts) await this.stop(part);
    for (const folder of this.record.scratch) rmSync(folder, { recursive: true, force: true });
    this.record.close();
  }

  #onSignal(name) {
    if (this.#stopping === undefined) {
      this.#stoppingSince = performance.now();
      if (this.#parts.size > 0) say(`Stopping (${name})`);
      void this.finish(this.statusOnSignal ?? SIGNALS[name]);
      return;
    }
    // A second Ctrl-C: whoever presses it does not want to wait for a graceful end. (npm passes the first one on, though
    // the terminal has sent it to this process too.)
    if (performance.now() - this.#stoppingSince < 1000) return;
    for (const part of this.#parts) signal(part.pid, 'SIGKILL', { group: true });
  }

  #onExit(part, result) {
    part.ended = result;
    this.#parts.delete(part);
    if (part.pid !== undefined && !this.#stopping) this.record.removePart(part.pid);
    if (part.watched) this.#failBecauseEnded(part, result);
  }

  #failBecauseEnded(part, { code, signal: signalName, error }) {
    if (part.expected || this.#stopping) return;
    const how = error ? error.message : signalName ? `signal ${signalName}` : `status ${code}`;
    void this.fail(new LaunchError(`${part.name} ended unexpectedly (${how}).${tailOf(part.log)}`));
  }

  /** npm hands signals only to the shell it starts commands with; when that or npm itself dies, nobody else says so. */
  #endWithNpm() {
    const shell = commandOf(process.ppid).includes('npm') ? [] : [identify(process.ppid)];
    const npm = identify(shell.length === 0 ? process.ppid : parentOf(process.ppid));
    const timer = setInterval(() => {
      if ([...shell, npm].every(isRunning)) return;
      clearInterval(timer);
      this.#onSignal('SIGHUP');
    }, 500);
    timer.unref();
  }
}

/** A log is of one run; that of the run before is kept beside it. */
function newLog(path) {
  if (existsSync(path)) renameSync(path, `${path}.before`);
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, to go with an error message. */
export function tailOf(log, lines = 15) {
  if (log === undefined) return '';
  const text = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  return text === '' ? '' : `\nThe end of ${log}:\n${text}`;
}

/** Runs a command of the launcher: its promise's value is the exit status (undefined: 0). */
export async function launch(main) {
  const launcher = new Launcher();
  try {
    await launcher.finish((await main(launcher)) ?? 0);
  } catch (error) {
    await launcher.fail(error);
  }
}
