import * as files from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { RedisProcess } from '../support/redis-process.js';
import { TestTenant, type TenantOptions } from '../support/tenant.js';

/** Times that are minutes in production, as short as a test needs them. */
export const SHORT_TIMES = {
  WHATSAPP_TIMEOUT_MS: '2000',
  RELEASE_LEASE_S: '1',
  CLAIM_LEASE_S: '2',
  SUBMIT_LEASE_S: '3',
  UNKNOWN_SETTLE_S: '4',
  UNKNOWN_SETTLE_MAX_S: '20',
  SEND_WAIT_MS: '1000',
  // As open as the sandbox's own limit is made below: a few recipients get many messages.
  PAIR_BURST: '10000',
  PAIR_INTERVAL_MS: '1',
};

/** A few hundred messages, a crash, a restart and the wait for the last status, on a machine that does other things. */
export const FAULT_TEST_MS = 180_000;

const FINAL = ['read', 'played', 'failed', 'expired', 'cancelled'];

/** The n-th message of a load: its endpoint and its fields beside the phone. */
export type MakeMessage = (index: number) => { kind: string; fields: Record<string, unknown> };

/** Every kind of message without a file, in turns. */
export const EVERY_KIND: MakeMessage = (index) => {
  const kinds = [
    { kind: 'text', fields: { message: `n ${index}` } },
    {
      kind: 'interactive',
      fields: { type: 'button', body_text: `n ${index}`, buttons: [{ id: 'a', title: 'A' }] },
    },
    { kind: 'location', fields: { latitude: 30, longitude: 31, name: `n ${index}` } },
    { kind: 'contacts', fields: { contacts: [{ name: { formatted_name: `n ${index}` } }] } },
  ];
  const made = kinds[index % kinds.length];
  if (!made) throw new Error('there is no kind of message');
  return made;
};

/** What a client saw of its sends. */
export interface Sends {
  /** Ids of messages that were answered with 200, or with 500 MESSAGE_SEND_FAILED. */
  accepted: number[];
  /** Requests that got no answer, or one that promises nothing. */
  unanswered: number;
}

/** What became of a message in the database. */
export interface StoredMessage {
  id: number;
  status: string;
  was_unknown: boolean;
  error_code: string | null;
  attempts: number;
}

/** An installation with a Redis of its own, made to be hurt, and the questions every fault is asked afterwards. */
export class FaultLab {
  private constructor(
    readonly redis: RedisProcess,
    readonly installation: Installation,
    readonly tenant: TestTenant,
  ) {}

  static async start(
    options: { env?: NodeJS.ProcessEnv; workers?: number; tenant?: TenantOptions } = {},
  ): Promise<FaultLab> {
    const redis = await RedisProcess.start();
    const installation = await Installation.start({
      redisUrl: redis.url,
      env: { ...SHORT_TIMES, ...options.env },
      workers: options.workers,
    });
    const tenant = await TestTenant.create({
      place: {
        apiUrl: installation.api.apiUrl,
        sandboxUrl: installation.sandbox.url,
        databaseUrl: installation.database.url,
      },
      throughput: 1000,
      ...options.tenant,
      sandboxNumber: {
        enforce_window: false,
        pair_limit: { burst: 10_000, interval_s: 0.001 },
        ...options.tenant?.sandboxNumber,
      },
    });
    return new FaultLab(redis, installation, tenant);
  }

  /**
   * Sends `count` messages, pictures or what `make` gives instead, some waiting for the answer and some not, `parallel` at a time. Calls `during` once a third
   * of them are answered; ends when all are answered or broken off.
   */
  async sendDuring(count: number, during: () => Promise<void>, parallel = 12, make?: MakeMessage): Promise<Sends> {
    const photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
    const sends: Sends = { accepted: [], unanswered: 0 };
    let next = 0;
    let fault: Promise<void> | undefined;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) {
        if (index === Math.floor(count / 3)) fault = during();
        await this.send(index, photo, sends, make);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    await fault;
    return sends;
  }

  private async send(
    index: number,
    photo: { bytes: Buffer; name: string; type: string },
    sends: Sends,
    make?: MakeMessage,
  ): Promise<void> {
    try {
      const phone = `2010${String(10_000_000 + (index % 40))}`;
      const headers: Record<string, string> = index % 3 === 0 ? {} : { prefer: 'respond-async' };
      const made = make?.(index);
      const { status, body } = made
        ? await this.tenant.api.send(made.kind, { phone, ...made.fields }, headers)
        : await this.tenant.api.sendMedia(
            { phone, media_type: 'image', media_file: photo, caption: `n ${index}` },
            headers,
          );
      const id = body.data?.chat_message_id ?? body.error?.details?.chat_message_id;
      if (typeof id === 'number') sends.accepted.push(id);
      else sends.unanswered += 1;
      if (status >= 500 && body.error?.code === 'INTERNAL_ERROR') throw new Error(`500: ${JSON.stringify(body)}`);
    } catch (error) {
      // The connection broke: nothing was promised. Anything else is a finding.
      // (jest's TypeError is another realm's, so the name tells.)
      if ((error as Error).name !== 'TypeError') throw error;
      sends.unanswered += 1;
    }
  }

  stored(): Promise<StoredMessage[]> {
    return this.tenant.rows<StoredMessage>(
      `SELECT m.id::int, m.status, m.unknown_at IS NOT NULL OR EXISTS (
                SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.state = 'unknown') AS was_unknown,
              m.error_code, m.attempt_no AS attempts
         FROM messages m WHERE m.tenant_id = $1 AND m.direction = 'outbound' ORDER BY m.id`,
      [this.tenant.id],
    );
  }

  /** Waits until every message has come to its end. */
  async settled(withinMs = 60_000): Promise<StoredMessage[]> {
    return eventually(
      'every message coming to its end',
      async () => {
        const stored = await this.stored();
        return stored.every(({ status }) => FINAL.includes(status)) ? stored : undefined;
      },
      withinMs,
    ).catch(async (error: unknown) => {
      const open = (await this.stored()).filter(({ status }) => !FINAL.includes(status));
      throw new Error(`${String(error)}; still open: ${JSON.stringify(open.slice(0, 5))} (${open.length})`);
    });
  }

  /**
   * The promises, with the sandbox as witness: every accepted message is there and final; none was seen twice unless
   * it was unknown first; what WhatsApp took and reported on is known as read here; what failed, WhatsApp did not take.
   */
  async expectPromisesKept(sends: Sends): Promise<StoredMessage[]> {
    const stored = await this.settled();
    const byId = new Map(stored.map((message) => [message.id, message]));
    const { counts, without_opaque } = await this.tenant.control.counts(this.tenant.phoneNumberId);
    const findings: string[] = [];
    for (const id of sends.accepted) if (!byId.has(id)) findings.push(`${id} was answered and is not there`);
    if (without_opaque > 0) findings.push(`${without_opaque} sends carry no opaque data`);
    for (const message of stored) {
      const seen = counts[`m=${message.id}`] ?? 0;
      if (seen > 1 && !message.was_unknown) findings.push(`${message.id} was sent ${seen} times`);
      if (seen > 0 && message.status !== 'read')
        findings.push(`${message.id} was taken and is ${JSON.stringify(message)}`);
      if (seen === 0 && message.status === 'read') findings.push(`${message.id} is read and was never taken`);
    }
    expect(findings).toEqual([]);
    return stored;
  }

  async stop(): Promise<void> {
    await this.tenant.close();
    await this.installation.stop();
    await this.redis.stop();
  }
}
