import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosLab } from './lab.js';

/** A fault with what the seed drew for it. */
export interface FaultPlan {
  name: FaultName;
  /** When it strikes, milliseconds from the beginning of the load. */
  atMs: number;
  /** How long it lasts; what was killed stays away for this long before it is started again. */
  lastsMs: number;
  /** Which process it strikes, where there are several: taken modulo their number. */
  victim: number;
  /** It strikes all of them. */
  all: boolean;
  /** How many of the calls to WhatsApp it strikes, where not all. */
  probability: number;
}

interface Fault {
  description: string;
  /** Shortest and longest time that it lasts, milliseconds. */
  lastsMs: readonly [number, number];
  /** A server that needs a proxy before it for this. */
  proxy?: 'postgres' | 'redis' | 'sandbox';
  /** A small file system of its own for MEDIA_DIR. */
  smallDisk?: true;
  /** Strikes, and resolves when everything is back. */
  strike(lab: ChaosLab, plan: FaultPlan): Promise<void>;
}

const away = [100, 1500] as const;
const frozen = [5000, 5000] as const;
const severed = [300, 2500] as const;
const misbehaving = [1000, 2500] as const;

/** Not as many as open a number's breaker (20 time-outs in a row): that would be another test. */
const MOST_FAULTY_CALLS = 8;

/** WhatsApp behaves like this on some of a number's calls, on both numbers. */
const misbehave =
  (fault: { kind: string; delay_ms?: number }) =>
  async (lab: ChaosLab, { lastsMs, probability }: FaultPlan): Promise<void> => {
    const added = await Promise.all(
      lab.tenants.map(async ({ phoneNumberId }) => {
        const { id } = await lab.control.addFault(phoneNumberId, { ...fault, probability, count: MOST_FAULTY_CALLS });
        return { phoneNumberId, id };
      }),
    );
    await pause(lastsMs);
    for (const { phoneNumberId, id } of added) {
      await lab.control.call('DELETE', `/phone_numbers/${phoneNumberId}/faults/${String(id)}`);
    }
  };

const cut =
  (server: 'postgres' | 'redis' | 'sandbox') =>
  async (lab: ChaosLab, { lastsMs }: FaultPlan): Promise<void> => {
    const proxy = lab.proxies[server];
    if (!proxy) throw new Error(`no proxy stands before ${server}`);
    proxy.cut();
    await pause(lastsMs);
    proxy.restore();
  };

const chosen = <T>(from: readonly T[], { victim, all }: FaultPlan): T[] =>
  all ? [...from] : from.filter((_, index) => index === victim % from.length);

/** Longer than the time-out of a call (WHATSAPP_TIMEOUT_MS of the lab) by this much. */
const TOO_LATE_MS = 3500;

/** Everything that can be done to the platform, by name. `npm run chaos -- --list` shows it. */
export const FAULTS = {
  'kill-api': {
    description: 'kill -9 of an API process, or of all; started again',
    lastsMs: away,
    strike: (lab, plan) => lab.killPlatforms(chosen(lab.apis, plan), plan.lastsMs),
  },
  'kill-worker': {
    description: 'kill -9 of a worker, or of all; started again',
    lastsMs: away,
    strike: (lab, plan) => lab.killPlatforms(chosen(lab.workers, plan), plan.lastsMs),
  },
  'kill-redis': {
    description: 'kill -9 of Redis; started again, empty',
    lastsMs: away,
    strike: (lab, { lastsMs }) =>
      lab.alone('redis', async () => {
        await lab.redis.crash();
        await pause(lastsMs);
        await lab.redis.start();
      }),
  },
  'kill-postgres': {
    description: 'kill -9 of all processes of Postgres; started again on its data',
    lastsMs: away,
    strike: (lab, { lastsMs }) =>
      lab.alone('postgres', async () => {
        await lab.postgres.crash();
        await pause(lastsMs);
        await lab.postgres.start();
      }),
  },
  'freeze-redis': {
    description: 'Redis is stopped (SIGSTOP) for 5 s, its connections stay open',
    lastsMs: frozen,
    strike: (lab, { lastsMs }) =>
      lab.alone('redis', async () => {
        lab.redis.signal('SIGSTOP');
        await pause(lastsMs);
        lab.redis.signal('SIGCONT');
      }),
  },
  'freeze-postgres': {
    description: 'all processes of Postgres are stopped (SIGSTOP) for 5 s, its connections stay open',
    lastsMs: frozen,
    strike: (lab, { lastsMs }) =>
      lab.alone('postgres', async () => {
        lab.postgres.freeze();
        await pause(lastsMs);
        lab.postgres.thaw();
      }),
  },
  'cut-postgres': {
    description: 'connections between the platform and Postgres are reset, new ones refused',
    lastsMs: severed,
    proxy: 'postgres',
    strike: cut('postgres'),
  },
  'cut-redis': {
    description: 'connections between the platform and Redis are reset, new ones refused',
    lastsMs: severed,
    proxy: 'redis',
    strike: cut('redis'),
  },
  'cut-whatsapp': {
    description: 'connections between the platform and WhatsApp are reset in mid-call, new ones refused',
    lastsMs: severed,
    proxy: 'sandbox',
    strike: cut('sandbox'),
  },
  'full-disk': {
    description: 'the file system of MEDIA_DIR (a small one of its own) has no byte left',
    lastsMs: severed,
    smallDisk: true,
    strike: async (lab, { lastsMs }) => {
      await lab.fillDisk();
      await pause(lastsMs);
      await lab.emptyDisk();
    },
  },
  'accept-and-drop': {
    description: 'WhatsApp takes messages and drops the connection instead of answering',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'accept_then_drop' }),
  },
  'drop-unseen': {
    description: 'WhatsApp drops the connection and has not taken the message',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'drop_before_accept' }),
  },
  'late-answer': {
    description: 'WhatsApp takes messages and answers after our time-out',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'delay_after_accept', delay_ms: TOO_LATE_MS }),
  },
  'late-acceptance': {
    description: 'WhatsApp takes messages only after our time-out',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'delay', delay_ms: TOO_LATE_MS }),
  },
  'http-500': {
    description: 'WhatsApp answers 500 without a body, and has not taken the message',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'http_500' }),
  },
  'html-502': {
    description: "a proxy of WhatsApp's answers 502 with a page",
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'html_502' }),
  },
  'wrong-json': {
    description: 'WhatsApp takes messages and answers with half of its JSON',
    lastsMs: misbehaving,
    strike: misbehave({ kind: 'wrong_json' }),
  },
  'skewed-clocks': {
    description: 'the clocks of two workers are 2 minutes apart, from their start on',
    lastsMs: [0, 0],
    strike: () => Promise.resolve(),
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** The fault with all that it may need, whichever it is. */
export function faultNamed(name: FaultName): Fault {
  return FAULTS[name];
}
