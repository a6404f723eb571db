import { cpus } from 'node:os';
import type { CallTimes } from './calls.js';
import type { Drained } from './drain.js';
import type { LoadResult } from './load.js';

const MEGABYTE = 1024 * 1024;

interface Line {
  what: string;
  perSecond: string;
  p50: string;
  p99: string;
  memory: string;
  ratio: string;
  target: string;
}

/** The table that the bench prints; knows whether a target was missed. */
export class Report {
  missed = false;
  private readonly lines: Line[] = [];
  private readonly notes: string[] = [];

  load(what: string, result: LoadResult, memory: number, floorPerSecond: number, least?: number): void {
    const ratio = result.perSecond / floorPerSecond;
    this.lines.push({
      what,
      perSecond: result.perSecond.toFixed(0),
      p50: `${result.p50.toFixed(1)} ms`,
      p99: `${result.p99.toFixed(1)} ms`,
      memory: `${(memory / MEGABYTE).toFixed(0)} MB`,
      ratio: ratio.toFixed(2),
      target: this.judge(least === undefined ? undefined : ratio >= least, least === undefined ? '' : `>= ${least}`),
    });
    const failures = Object.entries(result.failures);
    if (failures.length > 0) {
      this.missed = true;
      this.notes.push(`${what}: failures ${failures.map(([name, count]) => `${name} x ${count}`).join(', ')}`);
    }
  }

  memory(what: string, bytes: number, mostMegabytes: number): void {
    const megabytes = bytes / MEGABYTE;
    this.lines.push({
      what,
      perSecond: '',
      p50: '',
      p99: '',
      memory: `+${megabytes.toFixed(1)} MB`,
      ratio: '',
      target: this.judge(megabytes < mostMegabytes, `< ${mostMegabytes} MB`),
    });
  }

  /** How much memory something has at most. */
  size(what: string, bytes: number, mostMegabytes: number): void {
    const megabytes = bytes / MEGABYTE;
    const blank = { perSecond: '', p50: '', p99: '', ratio: '' };
    const target = this.judge(megabytes < mostMegabytes, `< ${mostMegabytes} MB`);
    this.lines.push({ ...blank, what, memory: `${megabytes.toFixed(1)} MB`, target });
  }

  /** A number of its own kind; `met` undefined: without a target. */
  figure(what: string, value: number, met: boolean | undefined, target: string, floorPerSecond: number): void {
    this.lines.push({
      what,
      perSecond: value.toFixed(value < 100 ? 1 : 0),
      p50: '',
      p99: '',
      memory: '',
      ratio: (value / floorPerSecond).toFixed(3),
      target: this.judge(met, target),
    });
  }

  /** How long a step takes, milliseconds; without a target. */
  stage(what: string, p50: number, p99: number): void {
    const blank = { perSecond: '', memory: '', ratio: '', target: '' };
    this.lines.push({ ...blank, what: `  ${what}`, p50: `${p50.toFixed(1)} ms`, p99: `${p99.toFixed(1)} ms` });
  }

  /** How long calls of one kind took, milliseconds; the p99 is what must be below `most`. */
  times(what: string, { p50, p99 }: CallTimes, most: number): void {
    const blank = { perSecond: '', memory: '', ratio: '' };
    const target = this.judge(p99 < most, `p99 < ${most} ms`);
    this.lines.push({ ...blank, what, p50: `${p50.toFixed(1)} ms`, p99: `${p99.toFixed(1)} ms`, target });
  }

  milliseconds(what: string, time: number, most: number): void {
    const blank = { perSecond: '', p50: '', p99: '', memory: '', ratio: '' };
    this.lines.push({
      ...blank,
      what: `${what}: ${time.toFixed(0)} ms`,
      target: this.judge(time <= most, `<= ${most} ms`),
    });
  }

  /** How one figure stands to another of the same run. */
  ratio(what: string, value: number, met: boolean, target: string): void {
    const blank = { perSecond: '', p50: '', p99: '', memory: '' };
    this.lines.push({ ...blank, what, ratio: value.toFixed(2), target: this.judge(met, target) });
  }

  note(text: string): void {
    this.notes.push(text);
  }

  drain(drained: Drained, least: number, floorPerSecond: number): void {
    this.lines.push({
      what: `draining ${drained.messages} queued messages, one worker, files by upload, every status stored`,
      perSecond: drained.settledPerSecond.toFixed(0),
      p50: '',
      p99: '',
      memory: `${(drained.workerPeakBytes / MEGABYTE).toFixed(0)} MB`,
      ratio: (drained.settledPerSecond / floorPerSecond).toFixed(2),
      target: this.judge(drained.settledPerSecond >= least, `>= ${least}/s`),
    });
    this.notes.push(`drain: ${drained.sentPerSecond.toFixed(0)} sends a second until the last was sent`);
    const cpu = Object.entries(drained.cpu).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
    this.notes.push(`drain, processor time: ${cpu.join(', ')}`);
  }

  print(): void {
    const [cpu] = cpus();
    console.log(`\nMeasured on ${cpus().length} x ${cpu?.model ?? 'unknown'}, Node ${process.version}\n`);
    const heads: Line = {
      what: '',
      perSecond: 'per second',
      p50: 'p50',
      p99: 'p99',
      memory: 'peak memory',
      ratio: 'ratio',
      target: 'target',
    };
    const all = [heads, ...this.lines];
    const width = (key: keyof Line): number => Math.max(...all.map((line) => line[key].length));
    for (const line of all) {
      const numbers = (['perSecond', 'p50', 'p99', 'memory', 'ratio', 'target'] as const).map((key) =>
        line[key].padStart(width(key)),
      );
      console.log(`${line.what.padEnd(width('what'))}  ${numbers.join('  ')}`);
    }
    for (const note of this.notes) console.log(`- ${note}`);
    console.log(this.missed ? '\nA target was missed.\n' : '\nEvery target was met.\n');
  }

  private judge(met: boolean | undefined, target: string): string {
    if (met === undefined) return '';
    if (!met) this.missed = true;
    return `${target} ${met ? 'met' : 'MISSED'}`;
  }
}
