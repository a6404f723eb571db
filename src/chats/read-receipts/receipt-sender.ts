import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { CloudApiClient } from '../../whatsapp/client/cloud-api-client.js';
import { AccessTokens } from '../../whatsapp/connection/access-tokens.js';
import { afterAnswer, LONG_WAIT_MS, type ReceiptEnd } from './after-answer.js';
import { type Receipt, ReceiptStore } from './receipt-store.js';

/** Calls that one process makes at once, for all tenants and for one: nobody's slow calls take all places. */
const CONCURRENCY = 40;
const PER_TENANT = 4;
/** How often a worker looks for receipts, milliseconds: nobody waits for them but the customer's blue ticks. */
const LOOK_EVERY_MS = 500;
/** The same while there are some: a tenant's next ones follow as its places come free. */
const LOOK_AGAIN_MS = 50;
const AFTER_FAILURE_MS = 1000;
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
  private readonly working = new Map<Promise<void>, number>();
  private readonly loop: Loop;

  constructor(
    private readonly store: ReceiptStore,
    private readonly client: CloudApiClient,
    private readonly tokens: AccessTokens,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: () => this.round(),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: 'WhatsApp is not told of read chats for the moment',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await Promise.all(this.working.keys());
  }

  /** Begins to tell what is due, as far as there are places; waits for no call. */
  private async round(): Promise<number> {
    const dropped = await this.store.dropOlderThan(GIVE_UP_HOURS);
    if (dropped > 0) this.log.warn({ count: dropped }, 'WhatsApp could not be told of read chats for a day');
    const busy = [...this.working.values()];
    if (busy.length >= CONCURRENCY) return LOOK_AGAIN_MS;
    const leaseS = Math.ceil(this.settings.WHATSAPP_TIMEOUT_MS / 1000) + LEASE_MARGIN_S;
    const receipts = await this.store.claim(CONCURRENCY - busy.length, PER_TENANT, busy, leaseS);
    for (const receipt of receipts) {
      const told: Promise<void> = this.work(receipt).finally(() => this.working.delete(told));
      this.working.set(told, receipt.tenant_id);
    }
    return receipts.length > 0 ? LOOK_AGAIN_MS : LOOK_EVERY_MS;
  }

  /** Never rejects: what could not be ended is due again after its lease. */
  private async work(receipt: Receipt): Promise<void> {
    try {
      await this.tell(receipt);
    } catch (error) {
      const fields = { chat_id: receipt.chat_id, tenant_id: receipt.tenant_id };
      this.log.warn({ err: error, ...fields }, 'what became of a read chat could not be stored; it is told again');
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
}
