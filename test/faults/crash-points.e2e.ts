import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import pg from 'pg';
import * as files from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { PlatformProcess } from '../support/platform-process.js';
import { FAULT_TEST_MS, FaultLab, SHORT_TIMES } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/**
 * kill -9 of the worker at each instant between the claim and the told outcome, made to last by Postgres, by Redis or by
 * who stands for WhatsApp. Settling takes longer than a test, so that what becomes `unknown` is settled by WhatsApp's word or not at all.
 */
describe('a worker that dies', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await FaultLab.start({
      env: { MEDIA_DELIVERY: 'upload', UNKNOWN_SETTLE_S: '600', UNKNOWN_SETTLE_MAX_S: '600', SEND_WAIT_MS: '3000' },
    });
  });
  beforeEach(() => lab.tenant.control.clearFaults(lab.tenant.phoneNumberId));
  afterAll(() => lab.stop());

  const crash = async (): Promise<void> => lab.installation.workers[0]?.crash();
  const restart = async (): Promise<void> => lab.installation.workers[0]?.start();
  const send = async (headers: { prefer?: string } = {}) =>
    lab.tenant.api.sendMedia(
      {
        phone: '201012345678',
        media_type: 'image',
        media_file: { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' },
      },
      headers,
    );
  /** Accepted, and not waited for. */
  async function accept(): Promise<number> {
    const { body } = await send({ prefer: 'respond-async' });
    const id = body.data?.chat_message_id;
    if (typeof id !== 'number') throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return id;
  }
  /** Runs `work` while no outcome of the message can be stored. */
  async function whileLocked(id: number, work: () => Promise<void>): Promise<void> {
    const holder = new pg.Client({ connectionString: lab.installation.database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM messages WHERE id = $1 FOR UPDATE', [id]);
      await work();
    } finally {
      await holder.end();
    }
  }
  async function attemptState(id: number, state: string): Promise<void> {
    await eventually(`message ${id} being ${state}`, async () => {
      const [row] = await lab.tenant.rows(
        'SELECT 1 FROM messages WHERE id = $1 AND tenant_id = $2 AND attempt_state = $3',
        [id, lab.tenant.id, state],
      );
      return row;
    });
  }
  async function status(id: number, wanted: string) {
    return eventually(
      `message ${id} being ${wanted}`,
      async () => {
        const found = (await lab.stored()).find((message) => message.id === id);
        return found?.status === wanted ? found : undefined;
      },
      30_000,
    );
  }
  const seen = async (id: number): Promise<number> =>
    (await lab.tenant.control.counts(lab.tenant.phoneNumberId)).counts[`m=${id}`] ?? 0;
  /** The sandbox has read the whole request, and not looked at it yet. */
  const arrival = (id: number) =>
    eventually(`the request of message ${id}`, async () => {
      const requests = await lab.tenant.control.requests(lab.tenant.phoneNumberId);
      return requests.find(({ body }) => body?.includes(`"m=${id};`));
    });

  it('after the claim, before the submission: the message is released again, and sent once', async () => {
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, {
      kind: 'delay',
      on: 'media',
      delay_ms: 3000,
      count: 1,
    });
    const id = await accept();
    await attemptState(id, 'claimed');
    await crash();
    // The upload may have been on its way or not: the next worker's is not to be delayed.
    await lab.tenant.control.clearFaults(lab.tenant.phoneNumberId);
    await restart();
    expect(await status(id, 'read')).toMatchObject({ was_unknown: false });
    expect(await seen(id)).toBe(1);
    const attempts = await lab.tenant.rows<{ state: string; submitted: boolean }>(
      `SELECT a.state, a.submitting_at IS NOT NULL AS submitted
         FROM attempts a JOIN messages m ON m.id = a.message_id
        WHERE m.id = $1 AND m.tenant_id = $2 ORDER BY a.attempt_no`,
      [id, lab.tenant.id],
    );
    expect(attempts[0]).toEqual({ state: 'released', submitted: false });
    // A worker that has just started may miss the slot and get another: nothing leaves by such an attempt.
    expect(attempts.slice(1).map(({ state }) => state)).toEqual([
      ...attempts.slice(2).map(() => 'released'),
      'accepted',
    ]);
  });

  it('after the submission, before the write: unknown, and not sent again', async () => {
    const sockets: Socket[] = [];
    // Takes connections and says nothing: before TLS stands, no byte of a request is written.
    const silent = createServer((socket) => sockets.push(socket.on('error', () => socket.destroy()))).listen(
      0,
      '127.0.0.1',
    );
    await once(silent, 'listening');
    const { installation } = lab;
    await crash();
    const worker = await PlatformProcess.start({
      role: 'worker',
      databaseUrl: installation.database.url,
      redisUrl: installation.redis.url,
      redisPrefix: installation.redis.prefix,
      sandboxUrl: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      appSecret: (await installation.control.defaults()).app_secret,
      mediaDir: installation.mediaDir,
      env: { ...SHORT_TIMES, PUBLIC_URL: installation.api.apiUrl, MEDIA_DELIVERY: 'link' },
    });
    try {
      const id = await accept();
      await attemptState(id, 'submitting');
      await eventually('the call', () => (sockets.length > 0 ? true : undefined));
      await worker.crash();
      await restart();
      expect(await status(id, 'unknown')).toMatchObject({ attempts: 1 });
      expect(await seen(id)).toBe(0);
    } finally {
      await worker.crash();
      for (const socket of sockets) socket.destroy();
      silent.close();
      await once(silent, 'close');
    }
  });

  it('after the write, before WhatsApp takes it: unknown, settled by its status, and not sent again', async () => {
    // Longer than the lease of a submission and the start of a worker.
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'delay', delay_ms: 15_000, count: 1 });
    const id = await accept();
    await arrival(id);
    await crash();
    await restart();
    expect(await status(id, 'unknown')).toMatchObject({ attempts: 1 });
    expect(await status(id, 'read')).toMatchObject({ attempts: 1 });
    expect(await seen(id)).toBe(1);
  });

  it('after WhatsApp took it, before the answer: its status settles it, and it is not sent again', async () => {
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, {
      kind: 'delay_after_accept',
      delay_ms: 1500,
      count: 1,
    });
    const id = await accept();
    await eventually('WhatsApp having it', async () => ((await seen(id)) === 1 ? true : undefined));
    await crash();
    await restart();
    expect(await status(id, 'read')).toMatchObject({ attempts: 1 });
    expect(await seen(id)).toBe(1);
  });

  it('after the answer, before its commit: its status settles it, and it is not sent again', async () => {
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'delay', delay_ms: 700, count: 1 });
    const id = await accept();
    await attemptState(id, 'submitting');
    await whileLocked(id, async () => {
      await eventually('WhatsApp having answered', async () => ((await seen(id)) === 1 ? true : undefined));
      await crash();
    });
    await restart();
    expect(await status(id, 'read')).toMatchObject({ attempts: 1 });
    expect(await seen(id)).toBe(1);
  });

  it('after its commit, before it is told: the caller hears what is stored, and it is not sent again', async () => {
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'delay', delay_ms: 1000, count: 1 });
    const before = (await lab.stored()).length;
    const answer = send();
    const { id } = await eventually('the message', async () => (await lab.stored())[before]);
    await arrival(id);
    // Redis holds still: the outcome is stored, and cannot be told.
    lab.redis.signal('SIGSTOP');
    try {
      await eventually('the outcome being stored', async () => {
        const found = (await lab.stored()).find((message) => message.id === id);
        return found && found.status !== 'queued' && found.status !== 'sending' ? found : undefined;
      });
      await crash();
      const { status: code, body } = await answer;
      expect({ code, id: body.data?.chat_message_id }).toEqual({ code: 200, id });
      // What was stored when the wait was over: the commit may have come just after it.
      expect(['sent', 'queued']).toContain(body.data?.status);
    } finally {
      lab.redis.signal('SIGCONT');
    }
    await restart();
    expect(await status(id, 'read')).toMatchObject({ attempts: 1, was_unknown: false });
    expect(await seen(id)).toBe(1);
  });
});
