import type { StatusDelays } from './world/behaviour.js';

export interface SandboxSettings {
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly delays: StatusDelays;
  /** How many bytes of media are kept on disk, all together. */
  readonly mediaBytes: number;
}

export const DEFAULT_DELAYS: StatusDelays = { sent: 100, delivered: 500, read: 1500, played: 2500 };

export const DEFAULT_SETTINGS: SandboxSettings = {
  port: 4010,
  host: '127.0.0.1',
  seed: 1,
  delays: DEFAULT_DELAYS,
  mediaBytes: 200 * 1024 * 1024,
};

/**
 * Reads SANDBOX_PORT, SANDBOX_HOST, SANDBOX_SEED, SANDBOX_DELAYS and SANDBOX_MEDIA_MB.
 * @throws RangeError that names every setting that cannot be read.
 */
export function readSettings(env: NodeJS.ProcessEnv): SandboxSettings {
  const faults: string[] = [];
  const wholeNumber = (name: string, fallback: number, max: number): number => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value <= max) return value;
    faults.push(`${name} must be a whole number from 0 to ${max}`);
    return fallback;
  };
  const settings = {
    port: wholeNumber('SANDBOX_PORT', DEFAULT_SETTINGS.port, 65_535),
    host: env['SANDBOX_HOST'] || DEFAULT_SETTINGS.host,
    seed: wholeNumber('SANDBOX_SEED', DEFAULT_SETTINGS.seed, 4_294_967_295),
    delays: readDelays(env['SANDBOX_DELAYS'], faults),
    mediaBytes: wholeNumber('SANDBOX_MEDIA_MB', 200, 1_000_000) * 1024 * 1024,
  };
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  return settings;
}

/** `sent=100,delivered=500,read=1500`; `never` for a status that shall not come. */
function readDelays(text: string | undefined, faults: string[]): StatusDelays {
  if (text === undefined || text === '') return DEFAULT_DELAYS;
  const delays: Record<string, number | null> = { ...DEFAULT_DELAYS };
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=').map((piece) => piece.trim());
    const delay = value === 'never' ? null : Number(value);
    if (!Object.hasOwn(DEFAULT_DELAYS, name) || value === '' || (delay !== null && !(delay >= 0))) {
      faults.push(
        `SANDBOX_DELAYS has a part that cannot be read: "${part}" (example: sent=100,delivered=500,read=1500)`,
      );
      continue;
    }
    delays[name] = delay;
  }
  return {
    sent: delays['sent'] ?? null,
    delivered: delays['delivered'] ?? null,
    read: delays['read'] ?? null,
    played: delays['played'] ?? null,
  };
}
