import { FaultRules } from '../faults/fault-rules.js';
import { PairLimit } from '../messages/pair-limit.js';
import { ServiceWindows } from '../messages/service-window.js';
import { ThroughputLimit } from '../messages/throughput-limit.js';
import { Ring } from '../record/ring.js';
import type { InboundRecord, MessageRecord, RequestRecord } from '../record/records.js';
import type { Account, Callback } from './account.js';
import type { StatusBehaviour } from './behaviour.js';
import { countryCodeOf } from './country-code.js';
import type { SeededRandom } from './random.js';

/** How much is remembered of each phone number. */
export const REQUESTS_KEPT = 120_000;
export const MESSAGES_KEPT = 120_000;
export const INBOUND_KEPT = 20_000;

/** WhatsApp, "Throughput": 80 messages a second, 1,000 after the upgrade. */
export const STANDARD_THROUGHPUT = 80;

export interface PhoneNumberProfile {
  readonly id: string;
  /** With `+` and country code. */
  readonly displayPhoneNumber: string;
  readonly verifiedName: string;
}

/** A business phone number: its limits, its faults, its record. */
export class PhoneNumber {
  readonly id: string;
  readonly digits: string;
  readonly countryCode: string;
  readonly throughput: ThroughputLimit;
  readonly pairs = new PairLimit();
  readonly windows = new ServiceWindows();
  readonly faults = new FaultRules();
  readonly requests = new Ring<RequestRecord>(REQUESTS_KEPT);
  readonly messages = new Ring<MessageRecord>(MESSAGES_KEPT);
  readonly inbound = new Ring<InboundRecord>(INBOUND_KEPT);
  readonly #byWamid = new Map<string, MessageRecord>();
  readonly #inboundByWamid = new Map<string, InboundRecord>();
  /** Whether free-form messages outside the 24-hour window fail (131047). */
  enforceWindow = true;
  qualityRating: 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN' = 'GREEN';
  status = 'CONNECTED';
  /** WhatsApp's decision about the display name. */
  nameStatus = 'APPROVED';
  overrideCallback: Callback | null = null;

  constructor(
    readonly account: Account,
    readonly profile: PhoneNumberProfile,
    public behaviour: StatusBehaviour,
    readonly random: SeededRandom,
    throughput = STANDARD_THROUGHPUT,
  ) {
    this.id = profile.id;
    this.digits = profile.displayPhoneNumber.replace(/\D/g, '');
    this.countryCode = countryCodeOf(this.digits);
    this.throughput = new ThroughputLimit(throughput);
  }

  remember(message: MessageRecord): void {
    this.messages.push(message);
    setBounded(this.#byWamid, message.wamid, message, MESSAGES_KEPT);
  }

  rememberInbound(inbound: InboundRecord): void {
    this.inbound.push(inbound);
    setBounded(this.#inboundByWamid, inbound.wamid, inbound, INBOUND_KEPT);
  }

  findMessage(wamid: string): MessageRecord | undefined {
    return this.#byWamid.get(wamid);
  }

  findInbound(wamid: string): InboundRecord | undefined {
    return this.#inboundByWamid.get(wamid);
  }

  /** Forgets what happened; limits, windows and faults start afresh. Settings stay. */
  resetRecord(): void {
    this.requests.clear();
    this.messages.clear();
    this.inbound.clear();
    this.#byWamid.clear();
    this.#inboundByWamid.clear();
    this.faults.clear();
    this.throughput.reset();
    this.pairs.reset();
    this.windows.reset();
  }
}

/** Sets an entry and lets the oldest go when there are more than `max`. */
function setBounded<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.set(key, value);
  if (map.size <= max) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
