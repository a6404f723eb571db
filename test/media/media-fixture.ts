import { randomBytes } from 'node:crypto';
import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaCollector } from '../../src/media/collector/media-collector.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaRepository } from '../../src/media/media-repository.js';
import { ReceivedContent } from '../../src/media/received-content.js';
import { newStorageKey } from '../../src/media/storage/storage-key.js';
import { MediaFolder } from '../../src/media/testing/media-folder.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { createDatabase, dropDatabase } from '../support/database.js';

/** A stored file with its row. */
export interface StoredFile {
  id: number;
  tenantId: number;
  storageKey: string;
  sha256: Buffer;
  content: Buffer;
}

/** A database and a MEDIA_DIR of their own, filled as the outbound path leaves them. */
export class MediaFixture {
  readonly repository: MediaRepository;
  readonly links: MediaLinks;

  private constructor(
    readonly folder: MediaFolder,
    readonly postgres: Postgres,
    private readonly database: string,
  ) {
    this.repository = new MediaRepository(postgres);
    this.links = new MediaLinks(folder.settings, new Encryption(folder.settings));
  }

  static async create(): Promise<MediaFixture> {
    const { name, url } = await createDatabase('media');
    const folder = await MediaFolder.create();
    folder.settings.DATABASE_URL = url;
    folder.settings.ROLE = 'worker';
    return new MediaFixture(folder, new Postgres(folder.settings, folder.log), name);
  }

  async close(): Promise<void> {
    await this.postgres.onModuleDestroy();
    await dropDatabase(this.database);
    await this.folder.remove();
  }

  collector(): MediaCollector {
    const { settings, store, tempFiles, log } = this.folder;
    return new MediaCollector(settings, this.repository, store, tempFiles, log);
  }

  async tenant(): Promise<number> {
    return this.id('INSERT INTO tenants (name, subdomain) VALUES ($1, $1) RETURNING id', [
      randomBytes(6).toString('hex'),
    ]);
  }

  /** Stores content without a row, as a request that died before its commit leaves it. */
  async orphan(tenantId: number, content: Buffer = randomBytes(1000)): Promise<StoredFile> {
    const received = ReceivedContent.ofBuffer(content);
    const storageKey = newStorageKey(tenantId, received.sha256, 'jpg');
    await this.folder.store.put(storageKey, received, 'image/jpeg');
    return { id: 0, tenantId, storageKey, sha256: received.sha256, content };
  }

  /** Stores a file whose row was last referred to so long ago. */
  async file(
    tenantId: number,
    ageSeconds = 0,
    content: Buffer = randomBytes(1000),
    mimeType = 'image/jpeg',
  ): Promise<StoredFile> {
    const file = await this.orphan(tenantId, content);
    const id = await this.id(
      `INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key, referenced_at)
       VALUES ($1, $2, $3, $4, $5, now() - make_interval(secs => $6)) RETURNING id`,
      [tenantId, file.sha256, content.length, mimeType, file.storageKey, ageSeconds],
    );
    await this.age(file, ageSeconds);
    return { ...file, id };
  }

  /** A public address of a file; it ends in so many seconds (negative: ended so long ago), or has no end. */
  async link(file: StoredFile, endsInSeconds: number | null, filename = 'photo.jpg'): Promise<string> {
    const publicId = this.links.newPublicId();
    await this.id(
      `INSERT INTO media_links (tenant_id, media_file_id, public_id, filename, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING id`,
      [file.tenantId, file.id, publicId, filename, endsInSeconds],
    );
    return publicId;
  }

  /** Makes a stored file look as old. */
  async age(file: StoredFile, seconds: number): Promise<void> {
    const then = new Date(Date.now() - seconds * 1000);
    await utimes(this.pathOf(file), then, then);
  }

  pathOf(file: StoredFile): string {
    return join(this.folder.path, 'files', file.storageKey);
  }

  /** Whether row and file are there. */
  async state(file: StoredFile): Promise<{ row: boolean; file: boolean }> {
    const rows = await this.postgres.query('spec_file', 'SELECT 1 FROM media_files WHERE storage_key = $1', [
      file.storageKey,
    ]);
    const content = await readFile(this.pathOf(file)).catch(() => null);
    return { row: rows.length > 0, file: content?.equals(file.content) ?? false };
  }

  private async id(text: string, values: unknown[]): Promise<number> {
    const { rows } = await this.postgres.pool.query<{ id: number }>(text, values);
    const [row] = rows;
    if (!row) throw new Error(`nothing was inserted by ${text}`);
    return row.id;
  }
}
