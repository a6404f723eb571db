import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import type { ChaosLab } from './lab.js';
import type { PlannedSend } from './plan.js';

/** What a tenant's program saw of one call. Times by this process' monotonic clock, milliseconds. */
export interface Sent extends PlannedSend {
  startedAt: number;
  endedAt: number;
  /** The message, when the answer named one: 200, or 500 MESSAGE_SEND_FAILED. */
  id?: number;
  /** HTTP status; absent when the connection broke. */
  status?: number;
  code?: string;
}

/** Calls that one tenant's program has open at most. */
const PARALLEL = 16;
/** Nobody waits longer for an answer. */
const PATIENCE_MS = 30_000;

/** Sends what the plan says, when it says so; resolves when every call has an answer or has broken. */
export async function sendAll(lab: ChaosLab, begun: number): Promise<Sent[]> {
  const pictures = await picturesOf(20);
  const perTenant = await Promise.all(
    lab.tenants.map((_, tenant) => {
      const queue = lab.plan.sends.filter((send) => send.tenant === tenant);
      return sendQueue(lab, queue, pictures, begun);
    }),
  );
  return perTenant.flat();
}

async function sendQueue(lab: ChaosLab, queue: PlannedSend[], pictures: Buffer[], begun: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  const caller = async (): Promise<void> => {
    for (let send = queue.shift(); send; send = queue.shift()) {
      const early = begun + send.atMs - performance.now();
      if (early > 0) await pause(early);
      sent.push(await call(lab, send, pictures[send.picture] ?? Buffer.alloc(0)));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
  return sent;
}

async function call(lab: ChaosLab, send: PlannedSend, picture: Buffer): Promise<Sent> {
  const startedAt = performance.now();
  try {
    const { status, body } = await lab.client(send.tenant, send.api).sendMedia(
      {
        phone: send.phone,
        media_type: 'image',
        media_file: { bytes: picture, name: 'photo.jpg', type: 'image/jpeg' },
        caption: captionOf(send.index),
      },
      send.waits ? {} : { prefer: 'respond-async' },
      AbortSignal.timeout(PATIENCE_MS),
    );
    const id = body.data?.chat_message_id ?? body.error?.details?.chat_message_id;
    return {
      ...send,
      startedAt,
      endedAt: performance.now(),
      ...(typeof id === 'number' ? { id } : {}),
      status,
      code: body.error?.code,
    };
  } catch (error) {
    // The connection broke, or nobody answered: nothing was promised. (jest's errors are another realm's: the name tells.)
    if (!['TypeError', 'TimeoutError', 'AbortError'].includes((error as Error).name)) throw error;
    return { ...send, startedAt, endedAt: performance.now(), code: (error as Error).name };
  }
}

/** What names a call in the database, whether it was answered or not. */
export function captionOf(index: number): string {
  return `chaos ${index}`;
}

/** Customers write in as the plan says. */
export async function writeIn(lab: ChaosLab, begun: number): Promise<void> {
  await Promise.all(
    lab.plan.inbound.map(async ({ tenant, atMs, phone }) => {
      await pause(Math.max(0, begun + atMs - performance.now()));
      await writeOnce(lab, tenant, phone);
    }),
  );
}

/** One customer of a tenant writes in. */
export async function writeOnce(lab: ChaosLab, tenant: number, phone: string): Promise<void> {
  await lab.control.inbound(lab.tenants[tenant]?.phoneNumberId ?? '', {
    from: `+${phone}`,
    profile_name: 'Mona Ali',
    type: 'text',
    text: 'Hello?',
  });
}

/** Real pictures that differ behind their content. */
async function picturesOf(count: number): Promise<Buffer[]> {
  const picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#2a9d8f' } })
    .jpeg()
    .toBuffer();
  return Array.from({ length: count }, (_, index) => Buffer.concat([picture, Buffer.alloc(4096, index + 1)]));
}
