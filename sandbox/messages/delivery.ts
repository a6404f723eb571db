import { GraphError } from '../graph/graph-error.js';
import type { LinkFetcher } from '../media/link-fetcher.js';
import type { Journal } from '../record/journal.js';
import type { MessageRecord, StatusRecord } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import { planStatuses, type PlannedStatus } from './status-plan.js';
import { statusValue } from './status-value.js';

export interface DeliveryOrder {
  readonly number: PhoneNumber;
  readonly message: MessageRecord;
  /** Why the message will fail, if that is known already. */
  readonly error: GraphError | null;
  /** Statuses wait this much longer. */
  readonly holdMs: number;
  /** Called when the callback has got the first status, or there is nobody to get it. */
  readonly onFirstStatus: (() => void) | null;
}

/** Takes accepted messages to their end: fetches links, then lets the statuses come. */
export class MessageDelivery {
  constructor(
    private readonly journal: Journal,
    private readonly webhooks: WebhookSender,
    private readonly links: LinkFetcher,
  ) {}

  start(order: DeliveryOrder): void {
    const { number, message } = order;
    const { account } = number;
    const { generation } = account;
    account.messagesUnderWay += 1;
    const media = message.media;
    if (order.error === null && media !== null && media.link !== null) {
      void this.links.fetch(account, media.link, media.kind).then((fetched) => {
        if (account.generation !== generation) return;
        media.mime_type = fetched.mimeType;
        media.file_size = fetched.asset?.size ?? null;
        media.sha256 = fetched.asset?.sha256 ?? null;
        media.asset_url = fetched.asset === null ? null : `/control/assets/${fetched.asset.sha256}`;
        this.#schedule(order, fetched.fault === null ? null : new GraphError(131053, fetched.fault));
      });
      return;
    }
    this.#schedule(order, order.error);
  }

  #schedule(order: DeliveryOrder, error: GraphError | null): void {
    const { number, message } = order;
    const { behaviour, random, account } = number;
    const failure = error ?? (random.chance(behaviour.fail.probability) ? new GraphError(behaviour.fail.code) : null);
    const plan = planStatuses({
      acceptedAt: message.at + order.holdMs,
      notBefore: message.media?.link == null ? 0 : account.clock.now(),
      behaviour,
      random,
      error: failure,
      failAfterDelivered:
        failure === null && random.chance(behaviour.fail_after_delivered.probability)
          ? new GraphError(behaviour.fail_after_delivered.code)
          : null,
      reaction: message.type === 'reaction',
      voice: message.voice,
    });
    this.#next(order, plan, 0);
  }

  /** Lets one status after the other come, so that a message never has more than one task in the clock. */
  #next(order: DeliveryOrder, plan: readonly PlannedStatus[], index: number): void {
    const { account } = order.number;
    const step = plan[index];
    if (step === undefined) {
      account.messagesUnderWay -= 1;
      if (index === 0) order.onFirstStatus?.();
      if (account.idle) this.journal.settled(account);
      return;
    }
    account.clock.schedule(step.due, () => {
      this.#emit(order, step, index === 0);
      this.#next(order, plan, index + 1);
    });
  }

  #emit(order: DeliveryOrder, step: PlannedStatus, first: boolean): void {
    const { number, message } = order;
    const status: StatusRecord = {
      seq: this.journal.nextSeq(),
      status: step.status,
      at: step.at,
      error_code: step.error?.code ?? null,
      delivered_at: null,
    };
    // WhatsApp puts the price on one status of a message that was sent; we put it on the first.
    const withPricing = step.error === null && message.statuses.length === 0;
    message.statuses.push(status);
    if (step.error !== null) message.error_code = step.error.code;
    const value = statusValue(number, message, step.status, step.at, step.error, withPricing);
    const facts = { wamid: message.wamid, status: step.status, to: message.wa_id ?? message.user_id };
    this.webhooks.sendMessageChange(number, value, {
      ...facts,
      onSettled: (delivered) => {
        if (delivered) status.delivered_at = number.account.clock.now();
        if (first) order.onFirstStatus?.();
      },
    });
    if (step.twice) this.webhooks.sendMessageChange(number, value, facts);
    if (this.journal.hasListeners) {
      this.journal.publish({ kind: 'status', seq: status.seq, message, status });
    }
  }
}
