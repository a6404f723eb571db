import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { RedisProcess } from '../support/redis-process.js';
import { TestTenant } from '../support/tenant.js';
import { endpointOf } from './delivery-lab.js';
import { EventLab, type StoredEvent } from './event-lab.js';
import { KillWitness } from './kill-witness.js';

const CHUNK = 500;
const CREATED = 6000;
/** Members of each of three groups, and how many are deleted in the end. */
const MEMBERS = 1000;
const GROUPS = ['A', 'B', 'C'];
const PARALLEL = 4;
/** As long as a process may need to come back on a busy machine. */
const PATIENCE_MS = 60_000;
/** As long as all that was made may need to be delivered there. */
const END_MS = 150_000;

/** How many changes {@link KillLab.changes} makes: creations, memberships, deletions. */
export const CHANGES = CREATED + GROUPS.length * MEMBERS + MEMBERS;

/** Whoever is hurt while changes are made. */
export type Victim = 'api' | 'worker' | 'redis';

type Call = () => Promise<ApiAnswer>;

/** An installation with a Redis of its own, made to be killed while contacts change 10,000 times and a receiver is told. */
export class KillLab {
  private answered = 0;
  private readonly awaited: { count: number; reached: () => void }[] = [];

  private constructor(
    readonly redis: RedisProcess,
    readonly installation: Installation,
    readonly tenant: TestTenant,
    readonly events: EventLab,
    readonly witness: KillWitness,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<KillLab> {
    const redis = await RedisProcess.start();
    const installation = await Installation.start({ redisUrl: redis.url, workers: 2, env });
    const tenant = await TestTenant.create({
      place: {
        apiUrl: installation.api.apiUrl,
        sandboxUrl: installation.sandbox.url,
        databaseUrl: installation.database.url,
      },
      withoutNumber: true,
    });
    const witness = await KillWitness.start();
    const { secret } = await endpointOf(tenant, witness.url, { events: ['contact.*'] });
    witness.expect(secret);
    return new KillLab(redis, installation, tenant, await EventLab.create(tenant), witness);
  }

  /**
   * Makes {@link CHANGES} changes, each exactly once: a call that got no answer is made again, and does then only what was
   * not done. `during` runs beside them.
   */
  async changes(during: () => Promise<void>): Promise<void> {
    const hurting = during();
    await this.all(
      chunks(Array.from({ length: CREATED }, (_, n) => n)).map((numbers) => () => {
        const contacts = numbers.map((n) => this.contact(n));
        return this.tenant.api.json('POST', 'contacts/batch', { contacts, options: { skip_duplicates: true } });
      }),
    );
    const ids = (
      await this.tenant.rows<{ id: number }>('SELECT id FROM contacts WHERE tenant_id = $1 ORDER BY id', [
        this.tenant.id,
      ])
    ).map(({ id }) => id);
    for (const name of GROUPS) {
      const group = await this.group(name);
      await this.all(
        chunks(ids.slice(0, MEMBERS)).map(
          (contact_ids) => () => this.tenant.api.json('POST', `groups/${group}/contacts`, { contact_ids }),
        ),
      );
    }
    await this.all(
      chunks(ids.slice(0, MEMBERS)).map((few) => () => this.tenant.api.json('DELETE', 'contacts/batch', { ids: few })),
    );
    await hurting;
  }

  /** Once so many calls of {@link changes} were answered: there are 12 that create, 6 that file and 2 that delete. */
  after(count: number): Promise<void> {
    if (this.answered >= count) return Promise.resolve();
    return new Promise((reached) => this.awaited.push({ count, reached }));
  }

  /** kill -9, and another start. */
  async hurt(victim: Victim): Promise<void> {
    const { api, workers } = this.installation;
    const victims = { api: [api], worker: workers, redis: [this.redis] }[victim];
    await Promise.all(victims.map((one) => one.crash()));
    // All workers are dead: what they had leased waits for nobody, and a quarter of a minute passes.
    if (victim === 'worker')
      await this.tenant.rows("UPDATE webhook_leases SET until = until - interval '15 seconds'", []);
    await Promise.all(victims.map((one) => one.start()));
  }

  /**
   * No change without its event, no event without its change: of each contact the events are a chain from its creation, one
   * beginning where the one before it ended, to what stands in the table now, or to its deletion.
   * @returns all events
   */
  async expectOneToOne(): Promise<StoredEvent[]> {
    const events = await this.events.news(END_MS);
    const chains = new Map<number, StoredEvent[]>();
    for (const event of events) chains.set(event.resource_id, [...(chains.get(event.resource_id) ?? []), event]);
    const now = new Map(
      (
        await this.tenant.rows<{ id: number; phone: string; group_id: number[] }>(
          'SELECT id, phone, group_id FROM contacts WHERE tenant_id = $1',
          [this.tenant.id],
        )
      ).map((contact) => [contact.id, contact]),
    );
    const findings: string[] = [];
    for (const id of now.keys()) if (!chains.has(id)) findings.push(`contact ${id} has no event`);
    for (const [id, chain] of chains) {
      const broken = faultOf(chain, now.get(id));
      if (broken) findings.push(`contact ${id}: ${broken}`);
    }
    expect(findings).toEqual([]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    return events;
  }

  /** Each of these events was delivered, whatever was killed; see {@link KillWitness.expectAll}. */
  async expectDelivered(events: readonly StoredEvent[]): Promise<void> {
    const count = async (condition: string): Promise<number> => {
      const [row] = await this.tenant.rows<{ n: number }>(
        `SELECT count(*)::int AS n FROM webhook_deliveries WHERE tenant_id = $1 AND ${condition}`,
        [this.tenant.id],
      );
      return row?.n ?? 0;
    };
    await eventually(
      'the end of all deliveries',
      async () => (await count('next_at IS NOT NULL')) === 0 || undefined,
      END_MS,
    );
    expect(await count("status = 'delivered'")).toBe(events.length);
    const retried = await this.tenant.rows<{ contact: number }>(
      `SELECT DISTINCT split_part(resource, ':', 2)::int AS contact FROM webhook_deliveries
        WHERE tenant_id = $1 AND attempts > 1`,
      [this.tenant.id],
    );
    this.witness.expectAll(events, new Set(retried.map(({ contact }) => contact)));
  }

  async stop(): Promise<void> {
    await this.tenant.close();
    await this.installation.stop();
    await this.witness.stop();
    await this.redis.stop();
  }

  private contact(n: number) {
    const { sourceId, statusId } = this.tenant.defaults;
    const phone = `2012${String(n).padStart(8, '0')}`;
    return { firstname: `n ${n}`, lastname: 'Ali', type: 'lead', phone, source_id: sourceId, status_id: statusId };
  }

  /** Its id; made when there is none. */
  private async group(name: string): Promise<number> {
    await this.answer(async () => {
      const made = await this.tenant.api.json('POST', 'groups', { name });
      // It was made by a call that got no answer.
      return made.status === 422 ? this.tenant.api.request('GET', '/api/v2/groups') : made;
    });
    const [row] = await this.tenant.rows<{ id: number }>('SELECT id FROM groups WHERE tenant_id = $1 AND name = $2', [
      this.tenant.id,
      name,
    ]);
    return row?.id ?? 0;
  }

  private async all(calls: readonly Call[]): Promise<void> {
    const rest = [...calls];
    const one = async (): Promise<void> => {
      for (let call = rest.shift(); call; call = rest.shift()) {
        await this.answer(call);
        this.answered += 1;
        for (const { count, reached } of this.awaited) if (count <= this.answered) reached();
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, one));
  }

  private async answer(call: Call): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await call().catch((error: unknown) => {
        // The connection broke (jest's TypeError is another realm's, so the name tells).
        if ((error as Error).name === 'TypeError') return null;
        throw error;
      });
      if (answer && answer.status < 300) return;
      if (answer && answer.status !== 503) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      if (Date.now() > deadline) throw new Error('the API did not come back');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, n) => all.slice(n * CHUNK, (n + 1) * CHUNK));
}

/** What does not fit in the chain of one contact's events; undefined: all does. */
function faultOf(
  chain: readonly StoredEvent[],
  now: { phone: string; group_id: number[] } | undefined,
): string | undefined {
  let last: Record<string, unknown> | null = null;
  for (const [place, { type, payload }] of chain.entries()) {
    const { previous, current, modified_fields } = payload.changes;
    if ((type === 'contact.created') !== (place === 0)) return `${type} at place ${place}`;
    if (type === 'contact.deleted' && place !== chain.length - 1) return 'something happened after its deletion';
    if (JSON.stringify(previous) !== JSON.stringify(last)) return `${type} at place ${place} does not follow`;
    if (type === 'contact.updated' && modified_fields?.length === 0) return 'nothing was changed';
    last = type === 'contact.deleted' ? null : current;
  }
  if (!now) return last === null ? undefined : 'it is gone without an event';
  const told = JSON.stringify([last?.phone, last?.group_id]);
  return told === JSON.stringify([now.phone, now.group_id]) ? undefined : 'its last change has no event';
}
