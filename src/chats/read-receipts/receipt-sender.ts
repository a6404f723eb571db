import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { CloudApiClient } from '../../whatsapp/client/cloud-api-client.js';
import { AccessTokens } from '../../whatsapp/connection/access-tokens.js';
import { afterAnswer, LONG_WAIT_MS, type ReceiptEnd } from './after-answer.js';
import { type Receipt, ReceiptStore } from './receipt-store.js';

const BATCH = 20;
/** How often a worker looks for receipts, milliseconds: nobody waits for them but the customer's blue ticks. */
const LOOK_EVERY_MS = 500;
/** After this long blue ticks tell nobody anything. */
const GIVE_UP_HOURS = 24;
/** How much longer than its call a receipt is held, seconds. */
const LEASE_MARGIN_S = 15;

/**
 * Tells WhatsApp which chats were read, in every worker, and tries again until it is told. A stop finishes the calls
 * under way.
 */
@Injectable()
export class ReceiptSender implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private failing = false;
  private wake: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ReceiptStore,
    private readonly client: CloudApiClient,
    private readonly tokens: AccessTokens,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const more = await this.round();
      if (!more) await this.pause();
    }
  }

  /** Tells what is due; true when there may be more. Never throws: what failed is due again after its lease. */
  private async round(): Promise<boolean> {
    try {
      const dropped = await this.store.dropOlderThan(GIVE_UP_HOURS);
      if (dropped > 0) this.log.warn({ count: dropped }, 'WhatsApp could not be told of read chats for a day');
      const receipts = await this.store.claim(
        BATCH,
        Math.ceil(this.settings.WHATSAPP_TIMEOUT_MS / 1000) + LEASE_MARGIN_S,
      );
      const told = await Promise.allSettled(receipts.map((receipt) => this.tell(receipt)));
      for (const outcome of told) if (outcome.status === 'rejected') throw outcome.reason;
      this.failing = false;
      return receipts.length === BATCH;
    } catch (error) {
      // Once, not twice a second for as long as the database is away.
      if (!this.failing) this.log.warn({ err: error }, 'WhatsApp is not told of read chats for the moment');
      this.failing = true;
      return false;
    }
  }

  private async tell(receipt: Receipt): Promise<void> {
    const end = await this.ask(receipt);
    const fields = { chat_id: receipt.chat_id, tenant_id: receipt.tenant_id, tries: receipt.tries };
    switch (end.kind) {
      case 'settled':
        return this.store.settle(receipt);
      case 'given_up':
        this.log.warn({ ...fields, reason: end.reason }, 'WhatsApp refused to mark a chat as read');
        return this.store.settle(receipt);
      case 'again':
        this.log.debug({ ...fields, reason: end.reason }, 'marking a chat as read is tried again');
        return this.store.postpone(receipt, end.delayMs);
      default:
        throw new Error(`No such end: ${JSON.stringify(end satisfies never)}`);
    }
  }

  private async ask({ tenant_id, account_id, account_updated_at, ...receipt }: Receipt): Promise<ReceiptEnd> {
    let accessToken: string;
    try {
      accessToken = await this.tokens.tokenFor({
        tenantId: tenant_id,
        accountId: account_id,
        updatedAt: account_updated_at,
      });
    } catch (error) {
      this.log.error({ err: error, tenant_id, account_id }, 'a read chat cannot be told: no access token');
      return { kind: 'again', delayMs: LONG_WAIT_MS, reason: 'NO_ACCESS_TOKEN' };
    }
    const result = await this.client.markRead({
      phoneNumberId: receipt.phone_number_id,
      accessToken,
      wamid: receipt.wamid,
    });
    return afterAnswer(result, receipt.tries, Math.random());
  }

  private pause(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
