import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../bench.js';
import type { BenchInstallation } from '../installation.js';

const ROWS = 100_000;
/** For all rows; a smaller file is held to its share. */
const MOST_MS = 60_000;
/** Until here a worker grows: for its code, and until its collector has found the size of its heap. */
const WARM = 0.4;
const MOST_GROWTH_MB = 30;
const LOOK_EVERY_MS = 50;

interface Progress {
  status: string;
  done: number;
  created: number;
}

function csv(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, n) => `+2012${String(n).padStart(8, '0')},Mona${n},Ali,mona${n}@example.com,Little Shop,Cairo`,
  );
  return ['phone,firstname,lastname,email,company,city', ...lines].join('\r\n');
}

async function call<T>(platform: BenchInstallation, path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`${platform.apiUrl}/api/v2/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${platform.token}` },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return (JSON.parse(text) as { data: T }).data;
}

async function formOf(platform: BenchInstallation, rows: number): Promise<FormData> {
  const { rows: defaults } = await platform.database.query<{ source_id: number; status_id: number }>(
    `SELECT t.default_source_id AS source_id, t.default_status_id AS status_id
       FROM tenants t JOIN phone_numbers n ON n.tenant_id = t.id WHERE n.phone_number_id = $1`,
    [platform.phoneNumberId],
  );
  const form = new FormData();
  form.append('source_id', String(defaults[0]?.source_id));
  form.append('status_id', String(defaults[0]?.status_id));
  form.append('file', new Blob([csv(rows)], { type: 'text/csv' }), 'contacts.csv');
  return form;
}

/** Importing as many contacts as one file may have. */
export const importing: Figure = {
  name: 'import',
  what: 'an import of 100,000 contacts: its time, and the memory of the worker',
  async run(bench) {
    const rows = bench.scaled(ROWS);
    const platform = await bench.install();
    const [api, worker] = await Promise.all([platform.start('api'), platform.start('worker')]);
    const form = await formOf(platform, rows);
    let warm: number | undefined;
    const began = performance.now();
    const { id } = await call<{ id: number }>(platform, 'contacts/import', { method: 'POST', body: form });
    for (;;) {
      const { status, done, created } = await call<Progress>(platform, `contacts/imports/${id}`);
      if (done >= rows * WARM) warm ??= worker.peakMemory();
      if (status === 'completed' && created === rows) break;
      if (status === 'completed' || status === 'failed')
        throw new Error(`the import ${status} with ${created} created`);
      await pause(LOOK_EVERY_MS);
    }
    const time = performance.now() - began;
    bench.report.milliseconds(`import of ${rows} contacts`, time, Math.max(5000, MOST_MS * bench.scale));
    const growth = worker.peakMemory() - (warm ?? NaN);
    bench.report.memory(`import: growth of the worker's peak after ${WARM * 100} % of it`, growth, MOST_GROWTH_MB);
    await Promise.all([api.stop(), worker.stop()]);
  },
};
