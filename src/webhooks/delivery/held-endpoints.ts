import type { EndpointWork } from './endpoint-work.js';
import { TenantRounds } from './tenant-rounds.js';

/** Endpoints that one process works at. Those that leave count no more. */
const HELD_AT_MOST = 500;
/** So many of them may fail or be slow, and so many not: neither kind keeps the other from its turn. */
const TROUBLED_AT_MOST = 250;
const SOUND_AT_MOST = 400;
/** Endpoints of one kind taken at once. */
const TAKEN_AT_ONCE = 100;
/** An endpoint has a turn of so long when others of its kind may be waiting. */
const TURN_MS = 2_000;
/** An endpoint stays for so long after its last delivery, while there is room. */
const LINGER_MS = 2_000;

/** How many endpoints may be taken. */
export interface Room {
  /** That answer, as far as is known. */
  readonly sound: number;
  /** That fail, or are slow. */
  readonly troubled: number;
}

/** The endpoints that one process has, of two kinds; see {@link EndpointWork.isTroubled}. */
export class HeldEndpoints {
  private readonly works = new Map<number, EndpointWork>();
  private readonly rounds = new TenantRounds<EndpointWork>();

  get size(): number {
    return this.works.size;
  }

  get ids(): number[] {
    return [...this.works.keys()];
  }

  get all(): EndpointWork[] {
    return [...this.works.values()];
  }

  of(id: number): EndpointWork | undefined {
    return this.works.get(id);
  }

  add(work: EndpointWork): void {
    const { id, tenant_id: tenantId } = work.endpoint;
    this.works.set(id, work);
    this.rounds.add(tenantId, id, work);
  }

  /** What it has read is forgotten; calls under way go on. */
  forget(id: number): void {
    const work = this.works.get(id);
    if (!work) return;
    work.due.clear();
    this.works.delete(id);
    this.rounds.remove(work.endpoint.tenant_id, id);
  }

  /** Offers turns, tenant after tenant and endpoint after endpoint, until nobody takes one. */
  eachInTurn(take: (work: EndpointWork) => boolean): void {
    this.rounds.each(take);
  }

  /** How many may be taken now. */
  room(now: number): Room {
    const left = this.left(now);
    const sound = Math.max(0, Math.min(left.sound, TAKEN_AT_ONCE));
    return { sound, troubled: Math.max(0, Math.min(left.troubled, left.all - sound, TAKEN_AT_ONCE)) };
  }

  /**
   * While there is no room for endpoints of a kind, those of it that had their turn leave: all that are troubled; of the
   * others, which know by now how much they may have under way, as many as are taken at once.
   */
  rotate(now: number): void {
    const hadTurn = (work: EndpointWork): boolean => !work.isLeaving && work.hadTurn && now - work.takenAt >= TURN_MS;
    if (this.left(now).troubled <= 0) {
      for (const work of this.all) if (hadTurn(work) && work.isTroubled(now)) work.leave();
    }
    if (this.left(now).sound > 0) return;
    const sound = this.all.filter((work) => hadTurn(work) && !work.isTroubled(now));
    for (const work of sound.slice(0, TAKEN_AT_ONCE)) work.leave();
  }

  /** Those to give back: they have left, or nothing is due. */
  idle(now: number): EndpointWork[] {
    const lingerMs = this.works.size > HELD_AT_MOST / 2 ? 0 : LINGER_MS;
    return this.all.filter((work) => work.isIdle(now, lingerMs));
  }

  private left(now: number): Room & { readonly all: number } {
    let troubled = 0;
    let sound = 0;
    for (const work of this.works.values()) {
      if (work.isLeaving) continue;
      if (work.isTroubled(now)) troubled += 1;
      else sound += 1;
    }
    const all = HELD_AT_MOST - troubled - sound;
    return { all, sound: Math.min(all, SOUND_AT_MOST - sound), troubled: Math.min(all, TROUBLED_AT_MOST - troubled) };
  }
}
