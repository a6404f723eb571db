import type { SeededRandom } from '../world/random.js';

export const FAULT_KINDS = [
  'accept_then_drop',
  'drop_before_accept',
  'delay',
  'delay_after_accept',
  'http_500',
  'html_502',
  'slow_body',
  'wrong_json',
  'error',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Which calls a fault is put on: sends, uploads, `GET /{media_id}`, and downloads of what it names. */
export const FAULT_TARGETS = ['messages', 'media', 'media_url', 'media_download'] as const;
export type FaultTarget = (typeof FAULT_TARGETS)[number];

export interface FaultDraft {
  readonly kind: FaultKind;
  readonly on: FaultTarget;
  /** How many requests it hits; null = all until it is removed. */
  readonly count: number | null;
  readonly probability: number;
  /** Only requests to this recipient (digits) or of this message type. */
  readonly to: string | null;
  readonly type: string | null;
  /** `delay`, `delay_after_accept`, `slow_body`: how long. */
  readonly delayMs: number;
  /** `error`: the code, and whether it is answered at once or comes as a `failed` status. */
  readonly code: number;
  readonly mode: 'sync' | 'async';
  /** `http_500`: with a Graph error body (code 131000 unless `code` is given) or with none. */
  readonly graphBody: boolean;
  /** Overrides the HTTP status of `error` and `http_500`. */
  readonly httpStatus: number | null;
  /** What an `error` says of itself (`error_data.details`). */
  readonly details: string;
}

export interface FaultRule extends FaultDraft {
  readonly id: number;
  left: number | null;
  hits: number;
}

/** The faults of one phone number, tried in the order they were added; a request gets the first that fits. */
export class FaultRules {
  #rules: FaultRule[] = [];
  #nextId = 1;

  add(draft: FaultDraft): FaultRule {
    const rule: FaultRule = { ...draft, id: this.#nextId++, left: draft.count, hits: 0 };
    this.#rules.push(rule);
    return rule;
  }

  list(): readonly FaultRule[] {
    return this.#rules;
  }

  remove(id: number): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault for this request, counted as used; null for none. */
  take(on: FaultTarget, to: string | null, type: string | null, random: SeededRandom): FaultRule | null {
    if (this.#rules.length === 0) return null;
    for (const rule of this.#rules) {
      if (rule.on !== on || rule.left === 0) continue;
      if (rule.to !== null && rule.to !== to) continue;
      if (rule.type !== null && rule.type !== type) continue;
      if (!random.chance(rule.probability)) continue;
      rule.hits += 1;
      if (rule.left !== null) rule.left -= 1;
      return rule;
    }
    return null;
  }
}
