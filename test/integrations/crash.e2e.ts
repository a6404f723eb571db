import { jest } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import type { Place } from '../support/tenant.js';
import { ORDER_MAPPING, signed, StoreLab } from './store-lab.js';
import { wooOrderOf } from './store-payloads.js';

jest.setTimeout(120_000);

const ORDERS = 20;

/** Counters of one process, and kill -9 of the API between the answer to a store and the message. An installation of its own. */
describe('a delivery that was answered with 200', () => {
  let installation: Installation;
  let lab: StoreLab;
  let place: Place;

  beforeAll(async () => {
    const redisUrl = process.env.TEST_REDIS_URL;
    if (redisUrl === undefined) throw new Error('run the end-to-end tests by "npm test"');
    installation = await Installation.start({ redisUrl, env: { STORE_LEASE_S: '2' } });
    place = {
      apiUrl: installation.api.apiUrl,
      sandboxUrl: installation.sandbox.url,
      databaseUrl: installation.database.url,
    };
    lab = await StoreLab.create({ place });
  });
  afterAll(async () => {
    await lab.close();
    await installation.stop();
  });

  const counts = async (): Promise<Map<string, number>> => {
    const text = await (await fetch(`${installation.api.operatorUrl}/metrics`)).text();
    const series = [...text.matchAll(/^rasl_store_payloads_total\{outcome="(\w+)"\} (\d+)$/gm)];
    return new Map(series.map(([, outcome = '', n]) => [outcome, Number(n)]));
  };

  it('is counted by what became of it, and by tries that failed for the moment', async () => {
    const own = await StoreLab.create({ place });
    try {
      const listener = await own.listener({ conditions: [{ path: '$.status', op: 'eq', value: 'processing' }] });
      const body = JSON.stringify(wooOrderOf(own.phone().local));
      const headers = signed(listener.kind, body);
      for (const text of [body, body]) expect((await own.call(listener.key, text, headers)).status).toBe(200);
      expect((await own.call(listener.key, body)).status).toBe(401);
      expect(await own.settled(listener)).toMatchObject({ status: 'sent' });
      expect(await own.outcome(listener, wooOrderOf('none'))).toMatchObject({ status: 'failed' });
      expect(await own.outcome(listener, { status: 'pending' })).toMatchObject({ status: 'skipped' });
      const all = await eventually('all being counted', async () => {
        const found = await counts();
        return found.size === 5 ? found : undefined;
      });
      const outcomes = ['sent', 'failed', 'skipped', 'repeat', 'refused_signature'];
      expect(all).toEqual(new Map(outcomes.map((outcome) => [outcome, 1])));
      // A fault of ours: what the database holds is no mapping.
      const mapping = (written: object) =>
        own.tenant.rows('UPDATE store_listeners SET mapping = $2 WHERE id = $1', [
          listener.id,
          JSON.stringify(written),
        ]);
      await mapping({});
      expect((await own.deliver(listener, wooOrderOf(own.phone().local))).status).toBe(200);
      await eventually('a try being counted that failed', async () => (await counts()).get('postponed'));
      const [waiting] = await own.payloads(listener);
      expect(waiting).toMatchObject({ status: 'received', reason: null });
      await mapping(ORDER_MAPPING);
      await own.due(Number(waiting?.id));
      expect(await own.settled(listener)).toMatchObject({ id: waiting?.id, status: 'sent' });
    } finally {
      await own.close();
    }
  });

  it('leads to one message, whenever the API dies', async () => {
    const listener = await lab.listener();
    const phones = Array.from({ length: ORDERS }, () => lab.phone());
    const holder = new pg.Client({ connectionString: installation.database.url });
    await holder.connect();
    try {
      // Payloads can be stored, messages cannot: some are in work when the API dies, the others wait.
      await holder.query('BEGIN; LOCK TABLE messages IN SHARE MODE');
      const answers = await Promise.all(phones.map(({ local }) => lab.deliver(listener, wooOrderOf(local))));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await eventually('a message waiting to be stored', async () => {
        const { rows } = await holder.query<{ n: number }>(
          `SELECT 1 AS n FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted`,
        );
        return rows[0];
      });
      await installation.api.crash();
    } finally {
      await holder.end();
    }
    await installation.api.start();
    const half = phones.slice(0, ORDERS / 2);
    const more = await Promise.all(
      half.map(({ local }) => lab.deliver(listener, wooOrderOf(local, { number: '728' }))),
    );
    expect(new Set(more.map(({ status }) => status))).toEqual(new Set([200]));
    // At an instant in the middle of whatever it does.
    await installation.api.crash();
    await installation.api.start();
    await eventually(
      'every payload being settled',
      async () => {
        const [row] = await lab.tenant.rows<{ waiting: number }>(
          `SELECT count(*) FILTER (WHERE next_at IS NOT NULL)::int AS waiting FROM store_payloads WHERE tenant_id = $1`,
          [lab.tenant.id],
        );
        return row?.waiting === 0 ? row : undefined;
      },
      60_000,
    );
    const messages = (await lab.messages()).map(({ phone, body }) => `${phone} ${body}`);
    const expected = [
      ...phones.map(({ digits }) => `${digits} Hello John, your order 727 of 29.35 USD is paid.`),
      ...half.map(({ digits }) => `${digits} Hello John, your order 728 of 29.35 USD is paid.`),
    ];
    expect(messages.sort()).toEqual(expected.sort());
    const payloads = await lab.payloads(listener);
    expect(payloads.map(({ status }) => status)).toEqual(payloads.map(() => 'sent'));
  });
});
