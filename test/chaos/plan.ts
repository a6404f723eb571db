import { Draw } from './draw.js';
import { FAULTS, type FaultName, type FaultPlan } from './faults.js';

/** How long messages are sent, milliseconds; the faults strike in this time. */
export const LOAD_MS = 8000;
/** The first and the last moment in which a fault strikes. */
const FIRST_FAULT_MS = 800;
const LAST_FAULT_MS = 6000;
/** A second fault that is drawn close to the first comes within this time: the seams are where things break. */
const CLOSE_MS = 700;

/** The two tenants of every run, one number each. */
export const TENANTS = [
  { rate: 40, messages: 110, inbound: 25 },
  { rate: 80, messages: 190, inbound: 25 },
] as const;

/** How many recipients a tenant has, and how many of them get much of what is sent: there, the order matters. */
const RECIPIENTS = 40;
const FREQUENT = 5;

export const WORKERS = 3;
export const APIS = 2;

/** One call of a tenant's program. Times in milliseconds from the beginning of the load. */
export interface PlannedSend {
  index: number;
  tenant: number;
  atMs: number;
  phone: string;
  /** Which of the tenant's pictures. */
  picture: number;
  waits: boolean;
  api: number;
}

/** A customer writes. */
export interface PlannedInbound {
  tenant: number;
  atMs: number;
  phone: string;
}

/** All that a run does, decided by its seed alone (and by the scenario, when one is asked for). */
export interface Plan {
  seed: number;
  /** Names of the faults, joined by `+`. */
  scenario: string;
  faults: FaultPlan[];
  /** What each tenant wants done with an outcome that nobody knows. */
  policies: ('fail' | 'resend')[];
  mediaDelivery: 'upload' | 'link';
  /** Milliseconds that the clock of each worker is wrong. */
  clocks: number[];
  /** WhatsApp repeats and reorders its webhooks: probabilities. */
  webhooks: { duplicate: number; reorder: number };
  sends: PlannedSend[];
  inbound: PlannedInbound[];
}

/** @throws RangeError that names what is no scenario */
export function planOf(seed: number, scenario?: string): Plan {
  const kinds = scenario === undefined ? drawScenario(seed) : readScenario(scenario);
  const draw = new Draw(seed, 'settings');
  const firstPolicy = draw.of(['fail', 'resend'] as const);
  const skewed = kinds.includes('skewed-clocks');
  const sign = draw.of([1, -1]);
  return {
    seed,
    scenario: kinds.length === 0 ? 'calm' : kinds.join('+'),
    faults: planFaults(seed, kinds),
    policies: [firstPolicy, firstPolicy === 'fail' ? 'resend' : 'fail'],
    mediaDelivery: draw.chance(0.7) ? 'upload' : 'link',
    clocks: Array.from({ length: WORKERS }, (_, index) =>
      skewed && index < 2 ? (index === 0 ? 60_000 : -60_000) * sign : 0,
    ),
    webhooks: { duplicate: draw.of([0, 0.1]), reorder: draw.of([0, 0.2]) },
    sends: TENANTS.flatMap((_, tenant) => planSends(seed, tenant)).map((send, index) => ({ ...send, index })),
    inbound: TENANTS.flatMap((_, tenant) => planInbound(seed, tenant)),
  };
}

/** `calm`, one fault, or two joined by `+`. */
function readScenario(name: string): FaultName[] {
  if (name === 'calm') return [];
  const names = name.split('+');
  const known = names.filter((each): each is FaultName => Object.hasOwn(FAULTS, each));
  const wrong = names.filter((each) => !Object.hasOwn(FAULTS, each));
  if (wrong.length > 0) throw new RangeError(`${wrong.join(', ')} is no fault; --list names them all`);
  if (new Set(known).size !== known.length || known.length > 2) {
    throw new RangeError(`${name}: a scenario is one fault or two different ones`);
  }
  return known;
}

/** One run in four has a single fault; the others a pair. */
function drawScenario(seed: number): FaultName[] {
  const draw = new Draw(seed, 'scenario');
  const names = Object.keys(FAULTS) as FaultName[];
  const first = draw.of(names);
  if (draw.chance(0.25)) return [first];
  return [first, draw.of(names.filter((name) => name !== first))];
}

function planFaults(seed: number, kinds: FaultName[]): FaultPlan[] {
  const draw = new Draw(seed, 'faults');
  let previousMs: number | undefined;
  return kinds.map((name) => {
    const close = previousMs !== undefined && draw.chance(0.5);
    const atMs = close ? (previousMs ?? 0) + draw.between(0, CLOSE_MS) : draw.between(FIRST_FAULT_MS, LAST_FAULT_MS);
    previousMs = atMs;
    const [shortest, longest] = FAULTS[name].lastsMs;
    return {
      name,
      atMs,
      lastsMs: draw.between(shortest, longest),
      victim: draw.between(0, 99),
      all: draw.chance(0.3),
      probability: draw.between(20, 60) / 100,
    };
  });
}

/** Some come singly, some in heaps: a heap is a backlog, and the number's rate shows. */
function planSends(seed: number, tenant: number): Omit<PlannedSend, 'index'>[] {
  const draw = new Draw(seed, `sends of ${tenant}`);
  const heaps = Array.from({ length: 3 }, () => draw.between(0, LOAD_MS - 1500));
  const sends = Array.from({ length: TENANTS[tenant]?.messages ?? 0 }, () => ({
    tenant,
    atMs: draw.chance(0.5) ? draw.between(0, LOAD_MS) : draw.of(heaps) + draw.between(0, 300),
    phone: phoneOf(tenant, draw.chance(0.4) ? draw.between(0, FREQUENT - 1) : draw.between(FREQUENT, RECIPIENTS - 1)),
    picture: draw.between(0, 19),
    waits: draw.chance(0.4),
    api: draw.between(0, APIS - 1),
  }));
  return sends.sort((a, b) => a.atMs - b.atMs);
}

/** Half of those who write in are recipients, the others are new. */
function planInbound(seed: number, tenant: number): PlannedInbound[] {
  const draw = new Draw(seed, `inbound of ${tenant}`);
  return Array.from({ length: TENANTS[tenant]?.inbound ?? 0 }, () => ({
    tenant,
    atMs: draw.between(0, LOAD_MS),
    phone: phoneOf(tenant, draw.chance(0.5) ? draw.between(0, RECIPIENTS - 1) : draw.between(100, 110)),
  })).sort((a, b) => a.atMs - b.atMs);
}

function phoneOf(tenant: number, person: number): string {
  return `2010${tenant + 1}${String(1_000_000 + person)}`;
}
