/**
 * Loaded before a program (`node --import`), it sets the program's clock wrong by CLOCK_SHIFT_MS milliseconds: whatever
 * asks for the time of day, in our code or a library's, is told a wrong one. Durations (performance.now, timers) go on
 * as ever, as they do on a machine whose clock is wrong.
 */
const shift = Number(process.env.CLOCK_SHIFT_MS);
if (!Number.isFinite(shift)) throw new Error('CLOCK_SHIFT_MS must be a number of milliseconds');

const RealDate = globalThis.Date;
const now = () => RealDate.now() + shift;

globalThis.Date = new Proxy(RealDate, {
  construct: (date, values, target) =>
    Reflect.construct(date, values.length === 0 ? [now()] : values, target === globalThis.Date ? date : target),
  apply: () => new RealDate(now()).toString(),
  get: (date, name) => (name === 'now' ? now : Reflect.get(date, name)),
});
