/** What the launcher says on the terminal: one line per step, with the seconds since it began. */

/** A fault that the reader can act on: its message is shown without a stack trace. */
export class LaunchError extends Error {}

const began = performance.now();

/** One finished or beginning step. */
export function say(text) {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`[${seconds} s] ${text}\n`);
}

/** Says every few seconds that a long step is still running, so that silence never looks like a hang. Returns `stop`. */
export function sayWhileWaiting(text, everyMs = 5000) {
  const start = performance.now();
  const timer = setInterval(() => say(`${text} (${Math.round((performance.now() - start) / 1000)} s)`), everyMs);
  return () => clearInterval(timer);
}
