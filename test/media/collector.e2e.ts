import { writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { MediaFixture, type StoredFile } from './media-fixture.js';

const HOUR = 3600;
const THERE = { row: true, file: true };
const GONE = { row: false, file: false };

describe('the media collector', () => {
  let media: MediaFixture;
  let tenantId: number;

  beforeEach(async () => {
    media = await MediaFixture.create();
    tenantId = await media.tenant();
  });
  afterEach(() => media.close());

  it('deletes what nothing has referred to for an hour, and not a second earlier', async () => {
    const old = await media.file(tenantId, HOUR + 5);
    const recent = await media.file(tenantId, HOUR - 60);
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 1 });
    await expect(media.state(old)).resolves.toEqual(GONE);
    await expect(media.state(recent)).resolves.toEqual(THERE);
  });

  it('keeps what a link refers to, whether the link has an end or not', async () => {
    const openEnded = await media.file(tenantId, 100 * HOUR);
    const ending = await media.file(tenantId, 100 * HOUR);
    await media.link(openEnded, null);
    await media.link(ending, 60);
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 0, endedLinks: 0, orphans: 0 });
    await expect(media.state(openEnded)).resolves.toEqual(THERE);
    await expect(media.state(ending)).resolves.toEqual(THERE);
  });

  it('deletes links that have ended, and their files an hour later', async () => {
    const file = await media.file(tenantId, 100 * HOUR);
    await media.link(file, -1);
    const shared = await media.file(tenantId, 100 * HOUR);
    await media.link(shared, -1);
    const stays = await media.link(shared, 60);
    await expect(media.collector().collect()).resolves.toMatchObject({ endedLinks: 2, files: 0 });
    await expect(media.state(file)).resolves.toEqual(THERE);
    await media.postgres.pool.query(`UPDATE media_files SET referenced_at = now() - interval '61 minutes'`);
    await expect(media.collector().collect()).resolves.toMatchObject({ endedLinks: 0, files: 1 });
    await expect(media.state(file)).resolves.toEqual(GONE);
    await expect(media.state(shared)).resolves.toEqual(THERE);
    await expect(media.repository.findByPublicId(stays)).resolves.toMatchObject({ storage_key: shared.storageKey });
  });

  it('deletes a file whose request never committed, when it is an hour old', async () => {
    const [dead, running] = [await media.orphan(tenantId), await media.orphan(tenantId)];
    const linked = await media.file(tenantId, 2 * HOUR);
    await media.link(linked, null);
    await media.age(dead, HOUR + 5);
    await media.age(running, HOUR - 60);
    const folders = new Set([dead, running, linked].map(({ storageKey }) => storageKey.slice(0, 2)));
    let removed = 0;
    for (const folder of folders) removed += await media.collector().removeOrphans(folder);
    expect(removed).toBe(1);
    await expect(media.state(dead)).resolves.toEqual(GONE);
    await expect(media.state(running)).resolves.toEqual({ row: false, file: true });
    await expect(media.state(linked)).resolves.toEqual(THERE);
  });

  it('deletes the surplus copy of content that has a row under another name', async () => {
    const kept = await media.file(tenantId, 2 * HOUR);
    await media.link(kept, null);
    const surplus = await media.orphan(tenantId, kept.content);
    await media.age(surplus, 2 * HOUR);
    await expect(media.collector().removeOrphans(kept.storageKey.slice(0, 2))).resolves.toBe(1);
    await expect(media.state(kept)).resolves.toEqual(THERE);
    await expect(media.state(surplus)).resolves.toEqual({ row: false, file: false });
  });

  it('touches nothing that it did not write', async () => {
    const path = join(media.folder.path, 'files/00/notes.txt');
    await writeFile(path, 'an operator’s');
    const longAgo = new Date(0);
    await utimes(path, longAgo, longAgo);
    await expect(media.collector().removeOrphans('00')).resolves.toBe(0);
    expect(await media.folder.stored()).toEqual(['00/notes.txt']);
  });

  it('removes temporary files of dead processes in every role, and in the API nothing else', async () => {
    const file = await media.file(tenantId, 2 * HOUR);
    const temporary = await media.folder.tempFiles.create();
    const longAgo = new Date(Date.now() - 2 * HOUR * 1000);
    await utimes(temporary.path, longAgo, longAgo);
    media.folder.settings.ROLE = 'api';
    await expect(media.collector().collect()).resolves.toEqual({ endedLinks: 0, files: 0, orphans: 0, tempFiles: 1 });
    await temporary.discard();
    await expect(media.state(file)).resolves.toEqual(THERE);
  });

  it('leaves its turn to another worker that is collecting', async () => {
    const file = await media.file(tenantId, 2 * HOUR);
    const other = new pg.Client({ connectionString: media.folder.settings.DATABASE_URL });
    await other.connect();
    await other.query("SELECT pg_advisory_lock(hashtext('media_collector'))");
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 0 });
    await expect(media.state(file)).resolves.toEqual(THERE);
    await other.end();
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 1 });
  });

  it('goes through many rows in steps', async () => {
    await media.postgres.pool.query(
      `INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key, referenced_at)
       SELECT $1::int, sha256(n::text::bytea), 1, 'image/jpeg',
              left(encode(sha256(n::text::bytea), 'hex'), 2) || '/' || $1::int || '-' || encode(sha256(n::text::bytea), 'hex')
                || '-0123456789abcdef.jpg',
              now() - interval '2 hours'
         FROM generate_series(1, 1201) n`,
      [tenantId],
    );
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 1201 });
  });
});

/** The outbound path's statement, in a transaction that a test holds open. */
class OutboundTransaction {
  private constructor(private readonly client: pg.Client) {}

  static async begin(media: MediaFixture): Promise<OutboundTransaction> {
    const client = new pg.Client({ connectionString: media.folder.settings.DATABASE_URL });
    await client.connect();
    await client.query('BEGIN');
    return new OutboundTransaction(client);
  }

  async upsert(file: StoredFile): Promise<string> {
    const { rows } = await this.client.query<{ storage_key: string }>(
      `INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key) VALUES ($1, $2, $3, 'image/jpeg', $4)
       ON CONFLICT (tenant_id, sha256, mime_type) DO UPDATE SET referenced_at = now() RETURNING storage_key`,
      [file.tenantId, file.sha256, file.content.length, file.storageKey],
    );
    return rows[0]?.storage_key ?? '';
  }

  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.client.query(how);
    await this.client.end();
  }
}

describe('the media collector beside an upload of the same content', () => {
  let media: MediaFixture;
  let old: StoredFile;
  let uploaded: StoredFile;

  beforeEach(async () => {
    media = await MediaFixture.create();
    old = await media.file(await media.tenant(), 2 * HOUR);
    uploaded = await media.orphan(old.tenantId, old.content);
  });
  afterEach(() => media.close());

  it('passes the row over while the upload’s transaction holds it, and keeps it afterwards', async () => {
    const outbound = await OutboundTransaction.begin(media);
    await expect(outbound.upsert(uploaded)).resolves.toBe(old.storageKey);
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 0 });
    await outbound.end('COMMIT');
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 0 });
    await expect(media.state(old)).resolves.toEqual(THERE);
  });

  it('deletes the old row first: the upload’s own file then counts', async () => {
    await expect(media.collector().collect()).resolves.toMatchObject({ files: 1 });
    const outbound = await OutboundTransaction.begin(media);
    await expect(outbound.upsert(uploaded)).resolves.toBe(uploaded.storageKey);
    await outbound.end('COMMIT');
    await expect(media.state(uploaded)).resolves.toEqual(THERE);
    await expect(media.state(old)).resolves.toEqual(GONE);
  });

  it('never leaves a row without its file, however the two meet', async () => {
    for (let round = 0; round < 20; round += 1) {
      const file = await media.file(old.tenantId, 2 * HOUR);
      const again = await media.orphan(old.tenantId, file.content);
      const upload = async (): Promise<StoredFile> => {
        const outbound = await OutboundTransaction.begin(media);
        const kept = await outbound.upsert(again);
        await outbound.end('COMMIT');
        if (kept !== again.storageKey) await media.folder.store.remove(again.storageKey);
        return kept === again.storageKey ? again : file;
      };
      const [kept] = await Promise.all([upload(), media.collector().collect(), media.collector().collect()]);
      await expect(media.state(kept)).resolves.toEqual(THERE);
    }
  });
});
