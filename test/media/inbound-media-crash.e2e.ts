import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SendingLab } from '../delivery/sending-lab.js';
import { eventually } from '../support/eventually.js';

describe('a worker that dies while it fetches a customer’s file', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start();
  });
  afterAll(() => lab.stop());

  it('leaves it to the next one, and the file is stored once and whole', async () => {
    const { installation } = lab;
    const [worker] = installation.workers;
    if (!worker) throw new Error('there is no worker');
    const tenant = await lab.tenant();
    // Half of it comes; the rest would take ten minutes.
    await tenant.control.addFault(tenant.phoneNumberId, {
      kind: 'slow_body',
      on: 'media_download',
      delay_ms: 600_000,
      count: 1,
    });
    const bytes = Buffer.alloc(1_200_000, 'half of it and the other half');
    const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, {
      from: '201333000031',
      type: 'document',
      media: { bytes_base64: bytes.toString('base64'), mime_type: 'application/pdf' },
    });
    const temporary = join(installation.mediaDir, 'tmp');
    await eventually('the first half on the disk', async () => {
      const names = await readdir(temporary).catch(() => []);
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(temporary, name))).size));
      return sizes.some((size) => size > 256 * 1024) ? true : undefined;
    });
    await worker.crash();
    const leases = await tenant.rows<{ tries: number; leased: boolean }>(
      'SELECT tries, next_at > now() AS leased FROM inbound_media WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(leases).toEqual([{ tries: 1, leased: true }]);
    // The lease of the dead ends.
    await tenant.rows(`UPDATE inbound_media SET next_at = now() - interval '1 second' WHERE tenant_id = $1`, [
      tenant.id,
    ]);
    await worker.start();

    const url = await eventually('the file', async () => {
      const { body } = await tenant.api.getMessage(message_id);
      return typeof body.data?.url === 'string' ? body.data.url : undefined;
    });
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    expect(await tenant.rows('SELECT 1 FROM media_files WHERE tenant_id = $1', [tenant.id])).toHaveLength(1);
    expect(await tenant.rows('SELECT 1 FROM inbound_media WHERE tenant_id = $1', [tenant.id])).toEqual([]);
    const stored = await readdir(join(installation.mediaDir, 'files'), { recursive: true });
    expect(stored.filter((name) => name.includes('/'))).toHaveLength(1);
  });
});
