import type { Payload, StoredEvent } from './event-lab.js';
import { Receiver, verified } from './receiver-lab.js';

/**
 * A tenant's program that stays up whatever happens to the platform. It verifies each request when it comes, with nothing
 * but the public library, and remembers what came first.
 */
export class KillWitness {
  /** What each event said, by `webhook-id`, in the order in which they came first. */
  private readonly first = new Map<string, Payload>();
  private readonly times = new Map<string, number>();
  private readonly refused: string[] = [];
  private readonly held: string[] = [];
  private requests = 0;
  private hold: { at: number; reached: () => void } | undefined;

  private constructor(private readonly receiver: Receiver) {}

  static async start(): Promise<KillWitness> {
    return new KillWitness(await Receiver.start());
  }

  get url(): string {
    return this.receiver.url;
  }

  /** Takes what is signed with this secret. */
  expect(secret: string): void {
    this.receiver.behaves((request, response) => {
      this.requests += 1;
      try {
        this.keep(verified(secret, request) as Payload, String(request.headers['webhook-id']));
      } catch (error) {
        this.refused.push(`${String(error)}: ${JSON.stringify(request.headers)}`);
      }
      if (this.hold && this.requests >= this.hold.at) {
        this.held.push(String(request.headers['webhook-id']));
        this.hold.reached();
        this.hold = undefined;
        // Without an answer: the worker that waits for it is going to be killed.
        return;
      }
      response.writeHead(200).end();
    });
  }

  /** Once so many requests have come: the last of them gets no answer, so its delivery is under way from then on. */
  holds(at: number): Promise<void> {
    return new Promise((reached) => (this.hold = { at, reached }));
  }

  /**
   * Every event came, as it is stored and with a valid signature; nothing else did; of each contact in their order.
   * @param retried contacts for which a delivery failed: what followed did not wait for its retry
   */
  expectAll(events: readonly StoredEvent[], retried: ReadonlySet<number>): void {
    expect(this.refused).toEqual([]);
    const stored = new Map(events.map((event) => [event.event_id, event]));
    expect([...this.first.keys()].filter((id) => !stored.has(id))).toEqual([]);
    expect([...stored.keys()].filter((id) => !this.first.has(id))).toEqual([]);
    const altered = [...this.first].filter(
      ([id, payload]) => JSON.stringify(payload) !== JSON.stringify(stored.get(id)?.payload),
    );
    expect(altered).toEqual([]);
    expect(this.displaced(retried)).toEqual([]);
    // Their worker was killed before it knew that they had been taken.
    expect(this.held.length).toBeGreaterThan(0);
    expect(this.held.filter((id) => (this.times.get(id) ?? 0) < 2)).toEqual([]);
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }

  /** Events that came first when a later one of their contact was there already. */
  private displaced(retried: ReadonlySet<number>): string[] {
    const newest = new Map<number, number>();
    const found: string[] = [];
    for (const [id, { event, data }] of this.first) {
      const contact = data.resource.id;
      if (event.sequence < (newest.get(contact) ?? 0) && !retried.has(contact)) found.push(id);
      newest.set(contact, Math.max(event.sequence, newest.get(contact) ?? 0));
    }
    return found;
  }

  private keep(payload: Payload, id: string): void {
    if (payload.event.id !== id) throw new Error(`${payload.event.id} came as ${id}`);
    this.times.set(id, (this.times.get(id) ?? 0) + 1);
    if (!this.first.has(id)) this.first.set(id, payload);
  }
}
