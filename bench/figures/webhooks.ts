import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../bench.js';
import type { BenchInstallation } from '../installation.js';

const EVENTS = 20_000;
/** Rows of one statement, as an import or a group of sends writes them. */
const BATCH = 100;
const LEAST_EVENTS_PER_S = 2000;
const LEAST_DELIVERIES_PER_S = 500;
/** The steady stream whose latency is taken, in turn without and beside a receiver that hangs. */
const STREAM_PER_S = 100;
const STREAM_S = 7;
const ROUNDS = 3;
const MOST_RATIO = 1.2;
const WITHIN_MS = 90_000;

/** A receiver on loopback, in this process. */
async function listen(handle: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { server, url: `http://127.0.0.1:${address.port}/` };
}

async function call({ apiUrl, token }: BenchInstallation, method: string, path: string, body: object): Promise<number> {
  const response = await fetch(`${apiUrl}/api/v2/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return (JSON.parse(text) as { data: { id: number } }).data.id;
}

/** An endpoint that is told of contacts; answers its id. */
const subscribe = (platform: BenchInstallation, url: string): Promise<number> =>
  call(platform, 'POST', 'webhooks', { url, events: ['contact.*'] });

/** Changes that are told of: new contacts, whose first name is the moment at which they were written. */
async function write({ database, phoneNumberId }: BenchInstallation, from: number, count: number): Promise<void> {
  await database.query(
    `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone, status_id, source_id)
     SELECT t.id, $2, 'Ali', 'lead', (20100000000 + n)::text, t.default_status_id, t.default_source_id
       FROM tenants t JOIN phone_numbers p ON p.tenant_id = t.id AND p.phone_number_id = $1,
            generate_series($3::bigint, $3::bigint + $4::bigint - 1) n`,
    [phoneNumberId, String(performance.now()), from, count],
  );
}

interface ContactEvent {
  data: { resource: { attributes: { firstname: string } } };
}

const percentile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? NaN;

/** What tenants' programs are told: how fast changes become events, how fast these arrive, and who is in whose way. */
export const webhooks: Figure = {
  name: 'webhooks',
  what: 'events into the outbox, deliveries to a receiver, and their latency beside a receiver that hangs',
  async run(bench) {
    const floor = await bench.floor();
    const platform = await bench.install();
    const env = { WEBHOOK_URL_ALLOW: '127.0.0.1' };
    const [api, worker] = await Promise.all([platform.start('api', env), platform.start('worker', env)]);
    const latencies: number[] = [];
    let arrived = 0;
    const receiver = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const event = JSON.parse(Buffer.concat(chunks).toString()) as ContactEvent;
        latencies.push(performance.now() - Number(event.data.resource.attributes.firstname));
        arrived += 1;
        response.writeHead(200).end();
      });
    });
    const hanging = await listen(() => undefined);
    let next = 0;
    const until = async (count: number): Promise<void> => {
      const end = performance.now() + WITHIN_MS;
      while (arrived < count) {
        if (performance.now() > end) throw new Error(`only ${arrived} of ${count} events arrived`);
        await pause(20);
      }
    };
    const stream = async (): Promise<number> => {
      latencies.length = 0;
      const begin = performance.now();
      for (let sent = 0; sent < STREAM_PER_S * STREAM_S; sent += 1) {
        const due = begin + (sent * 1000) / STREAM_PER_S - performance.now();
        if (due > 0) await pause(due);
        await write(platform, next, 1);
        next += 1;
      }
      await until(next);
      return percentile(latencies, 0.99);
    };
    try {
      await subscribe(platform, receiver.url);
      const events = bench.scaled(EVENTS);
      const begin = performance.now();
      for (; next < events; next += BATCH) await write(platform, next, Math.min(BATCH, events - next));
      next = events;
      const written = (performance.now() - begin) / 1000;
      await until(events);
      const delivered = (performance.now() - begin) / 1000;
      const { report } = bench;
      const rate = events / written;
      const target = `>= ${LEAST_EVENTS_PER_S}/s`;
      report.figure('changes into the outbox a second', rate, rate >= LEAST_EVENTS_PER_S, target, floor.perSecond);
      const out = events / delivered;
      const least = `>= ${LEAST_DELIVERIES_PER_S}/s`;
      report.figure('deliveries of webhooks a second', out, out >= LEAST_DELIVERIES_PER_S, least, floor.perSecond);

      const id = await subscribe(platform, hanging.url);
      const p99s: Record<'alone' | 'beside', number[]> = { alone: [], beside: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const kind of ['alone', 'beside'] as const) {
          await call(platform, 'PATCH', `webhooks/${id}`, { enabled: kind === 'beside' });
          p99s[kind].push(await stream());
        }
      }
      const [alone, beside] = [percentile(p99s.alone, 0.5), percentile(p99s.beside, 0.5)];
      report.note(
        `webhooks: p99 from change to arrival ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside a hanging receiver (medians of ${ROUNDS})`,
      );
      const ratio = beside / alone;
      report.ratio('webhooks: p99 beside a receiver that hangs', ratio, ratio <= MOST_RATIO, `<= ${MOST_RATIO}`);
    } finally {
      for (const { server } of [receiver, hanging]) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.all([api.stop(), worker.stop()]);
    }
  },
};
