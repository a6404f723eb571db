/** Processes told apart for certain: a process id comes back after its process ended, so its start time goes with it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Places in what `statFields` answers. */
const STATE = 0;
const PARENT = 1;
const GROUP = 2;
const START_TIME = 19;

/** Since when the process runs, as the system says it; undefined when there is none (an unreaped one counts as none). */
export function startTimeOf(pid) {
  if (process.platform === 'linux') {
    const fields = statFields(pid);
    return fields === undefined || fields[STATE] === 'Z' || fields[STATE] === 'X' ? undefined : fields[START_TIME];
  }
  const [state = '', ...started] = ps(pid, 'stat=,lstart=').split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : started.join(' ');
}

/** The command line of a process, empty when there is none. */
export function commandOf(pid) {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
}

/** The process that started this one, or that took it over. */
export function parentOf(pid) {
  return Number(process.platform === 'linux' ? statFields(pid)?.[PARENT] : ps(pid, 'ppid='));
}

/** Processes whose working folder this is. Known only on Linux; elsewhere the answer is none. */
export function processesIn(folder) {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => workingFolderOf(pid) === folder).map(Number);
}

function workingFolderOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    // Gone or unreaped, or another user's: not one of ours.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return undefined;
    throw error;
  }
}

/** What is needed to know this process again: `{pid, started}`. */
export function identify(pid) {
  return { pid, started: startTimeOf(pid) };
}

/** Is exactly this process still running? */
export function isRunning({ pid, started }) {
  return started !== undefined && startTimeOf(pid) === started;
}

/** Sends a signal to the process, or to its whole group; one that has just ended is no fault. */
export function signal(pid, name, { group = false } = {}) {
  try {
    process.kill(group ? -pid : pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Ends a process: asks with `how` (its whole group, if `group`), and after `graceMs` kills it with its group. Resolves
 * once it is gone. Does nothing when it is not exactly the process that was identified.
 */
export async function end(identity, { how = 'SIGTERM', graceMs = 10_000, group = false } = {}) {
  if (!isRunning(identity)) return;
  const leads = leadsGroup(identity.pid);
  signal(identity.pid, how, { group: group && leads });
  if (!(await gone(identity, graceMs))) {
    signal(identity.pid, 'SIGKILL', { group: leads });
    await gone(identity, 5000);
  }
}

async function gone(identity, withinMs) {
  const deadline = performance.now() + withinMs;
  while (isRunning(identity)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

function leadsGroup(pid) {
  if (process.platform !== 'linux') return ps(pid, 'pgid=') === String(pid);
  return statFields(pid)?.[GROUP] === String(pid);
}

/** Fields of proc(5) `stat` from the third on; the name before them, in parentheses, may hold spaces itself. */
function statFields(pid) {
  return readProc(pid, 'stat')?.split(') ').at(-1).split(' ');
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function ps(pid, columns) {
  try {
    const env = { LC_ALL: 'C', PATH: process.env.PATH };
    return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', env }).trim();
  } catch (error) {
    if (error.status === 1) return '';
    throw error;
  }
}
