import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { GroupedWriter } from '../../../platform/database/grouped-writer.js';
import { Postgres } from '../../../platform/database/postgres.js';
import { InboxSignal } from '../../../platform/queue/inbox-signal.js';

/** A signed body as it came. */
export interface RawWebhook {
  /** The app that signed it; null: the platform's. */
  readonly appId: number | null;
  readonly body: Buffer;
  /** UUID of the request. */
  readonly requestId: string;
}

/** Bodies written by one statement at most; each has up to 4 MB. */
const GROUP_SIZE = 32;
/** WhatsApp sends one status at a time, three for each message: each by itself would be a commit. Milliseconds. */
const SPACING_MS = 10;
const COLUMNS = 3;

/** Stores raw webhooks, those that arrive together in one statement, and wakes who processes them. */
@Injectable()
export class WebhookInbox implements OnModuleDestroy {
  private readonly writer: GroupedWriter<RawWebhook, void>;

  constructor(
    private readonly postgres: Postgres,
    private readonly signal: InboxSignal,
  ) {
    this.writer = new GroupedWriter({
      write: (webhooks) => this.insert(webhooks),
      tenantOf: (webhook) => webhook.appId ?? 0,
      maxItems: GROUP_SIZE,
      spacingMs: SPACING_MS,
    });
  }

  /** Resolves once the body is committed. Rejects when the database cannot take it; then nothing is promised. */
  store(webhook: RawWebhook): Promise<void> {
    return this.writer.add(webhook);
  }

  private async insert(webhooks: RawWebhook[]): Promise<void[]> {
    // One text, and so one prepared statement, per number of rows; buffers as parameters of their own go as binary.
    const rows = webhooks.map((_, row) => `($${row * COLUMNS + 1}, $${row * COLUMNS + 2}, $${row * COLUMNS + 3})`);
    await this.postgres.query(
      `webhook-inbox-insert-${webhooks.length}`,
      `INSERT INTO webhook_inbox (app_id, body, request_id) VALUES ${rows.join(', ')}`,
      webhooks.flatMap(({ appId, body, requestId }) => [appId, body, requestId]),
    );
    this.signal.publish();
    return webhooks.map(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    await this.writer.drain();
  }
}
