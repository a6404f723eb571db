import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import pg from 'pg';
import * as files from '../../src/media/testing/sample-files.js';
import { SendingLab } from '../delivery/sending-lab.js';
import { eventually } from '../support/eventually.js';
import { FAULT_TEST_MS } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/** What every call of the network takes, milliseconds. */
const CALL_MS = 4000;
/** A transaction idles between two statements for a moment; a busy machine makes it longer, but never this long. */
const IDLE_MS = 1000;

let lab: SendingLab;
beforeAll(async () => {
  lab = await SendingLab.start({ env: { MEDIA_URL_ALLOW: '127.0.0.1' } });
});
afterAll(() => lab.stop());

/** Looks again and again for sessions of the platform that hold a transaction open without working in it. */
async function watchIdleTransactions(url: string) {
  const watcher = new pg.Client({ connectionString: url });
  await watcher.connect();
  const found = new Set<string>();
  let looks = 0;
  let stopped = false;
  const look = async (): Promise<void> => {
    while (!stopped) {
      const { rows } = await watcher.query<{ application_name: string; query: string }>(
        `SELECT application_name, query FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'rasl-%' AND state LIKE 'idle in transaction%'
            AND clock_timestamp() - state_change > $1 * interval '1 millisecond'`,
        [IDLE_MS],
      );
      for (const { application_name, query } of rows) found.add(`${application_name}: ${query}`);
      looks += 1;
    }
    await watcher.end();
  };
  const done = look();
  return {
    found,
    looks: () => looks,
    stop: async (): Promise<void> => {
      stopped = true;
      await done;
    },
  };
}

it('no transaction stays open while WhatsApp or a server of files is waited for', async () => {
  const { url } = lab.installation.database;
  const photo = await files.jpeg();
  const waiting: NodeJS.Timeout[] = [];
  let downloads = 0;
  const slowServer = createServer((_request, response) => {
    downloads += 1;
    waiting.push(setTimeout(() => response.setHeader('content-type', 'image/jpeg').end(photo), CALL_MS));
  });
  await new Promise<void>((resolve) => slowServer.listen(0, '127.0.0.1', resolve));
  const { port } = slowServer.address() as AddressInfo;
  const tenant = await lab.tenant();
  await lab.sendOne(tenant);
  await lab.settled(tenant);
  await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: CALL_MS });

  const watch = await watchIdleTransactions(url);
  // Named as a session of the platform: the watch must see it.
  const idle = new pg.Client({ connectionString: url, application_name: 'rasl-idle' });
  await idle.connect();
  try {
    await lab.fill(tenant, 20);
    const media_url = `http://127.0.0.1:${port}/photo.jpg`;
    const sends = Promise.all(
      Array.from({ length: 3 }, (_, index) =>
        tenant.api.sendMedia({ phone: `2013${10_000_000 + index}`, media_type: 'image', media_url }),
      ),
    );
    await eventually('calls and downloads on the wire', async () => {
      const calls = (await lab.messages(tenant)).filter(({ attempt_state }) => attempt_state === 'submitting');
      return calls.length > 5 && downloads > 0 ? true : undefined;
    });
    const before = watch.looks();
    for (const { status } of await sends) expect(status).toBeLessThan(300);
    await lab.settled(tenant);
    expect(watch.looks() - before).toBeGreaterThan(10);
    expect([...watch.found]).toEqual([]);

    await idle.query('BEGIN');
    await eventually('the watch finding an idle transaction', () => (watch.found.size > 0 ? true : undefined));
    expect([...watch.found]).toEqual(['rasl-idle: BEGIN']);
  } finally {
    await idle.end();
    await watch.stop();
    for (const timer of waiting) clearTimeout(timer);
    slowServer.closeAllConnections();
    await new Promise((resolve) => slowServer.close(resolve));
  }
});
