import { hash } from 'node:crypto';
import { insertImport } from '../../src/contacts/import/import-repository.js';
import { ImportRun } from '../../src/contacts/import/import-run.js';
import { type ContactImport, ImportStore } from '../../src/contacts/import/import-store.js';
import { ImportWorker } from '../../src/contacts/import/import-worker.js';
import { ContactWrites } from '../../src/contacts/store/contact-writes.js';
import { ReceivedContent } from '../../src/media/received-content.js';
import { newStorageKey } from '../../src/media/storage/storage-key.js';
import { MediaFolder } from '../../src/media/testing/media-folder.js';
import { TenantWrites } from '../../src/platform/database/tenant-writes.js';
import { Log } from '../../src/platform/logging/log.js';
import { Outbox } from '../delivery/outbox.js';

/** A tenant, and how many imports it was given. */
export interface Importer {
  readonly tenantId: number;
  readonly sourceId: number;
  readonly statusId: number;
}

/** An import as it stands in the database. */
export interface StoredImport {
  status: string;
  done: number;
  created: number;
  failures: number;
  error_code: string | null;
  /** Seconds from now; null: ended. */
  next_in_s: number | null;
}

/** A CSV file of so many contacts. */
export const manyRows = (count: number): string =>
  [
    'phone,firstname,lastname',
    ...Array.from({ length: count }, (_, n) => `2012${String(n).padStart(8, '0')},N,A`),
  ].join('\n');

/** A database and a media folder of their own, and what a worker has for imports, in this process. */
export class ImportLab {
  readonly imports: ImportStore;
  readonly importRun: ImportRun;

  private constructor(
    readonly outbox: Outbox,
    readonly media: MediaFolder,
  ) {
    const { postgres, settings, hashes } = outbox;
    this.imports = new ImportStore(postgres);
    const writes = new ContactWrites(new TenantWrites(postgres, settings), hashes);
    this.importRun = new ImportRun(this.imports, media.store, writes, hashes, settings);
  }

  static async create(): Promise<ImportLab> {
    return new ImportLab(await Outbox.create({ LOG_LEVEL: 'silent' }), await MediaFolder.create());
  }

  async close(): Promise<void> {
    await this.outbox.close();
    await this.media.remove();
  }

  worker(): ImportWorker {
    return new ImportWorker(this.imports, this.importRun, new Log(this.outbox.settings));
  }

  async tenant(): Promise<Importer> {
    const { tenantId } = await this.outbox.sender();
    const id = async (table: string): Promise<number> =>
      (
        await this.rows<{ id: number }>(`INSERT INTO ${table} (tenant_id, name) VALUES ($1, 'x') RETURNING id`, [
          tenantId,
        ])
      )[0]?.id ?? 0;
    return { tenantId, sourceId: await id('sources'), statusId: await id('statuses') };
  }

  /** An uploaded file. @returns the import's id */
  async upload({ tenantId, sourceId, statusId }: Importer, file: string): Promise<number> {
    const bytes = Buffer.from(file);
    const sha256 = hash('sha256', bytes, 'buffer');
    const storageKey = newStorageKey(tenantId, sha256, 'csv');
    await this.media.store.put(storageKey, ReceivedContent.ofBuffer(bytes), 'text/csv');
    const prepared = { tenantId, sha256, sizeBytes: bytes.length, mimeType: 'text/csv', storageKey, stored: true };
    const { id } = await insertImport(
      this.outbox.postgres,
      { tenantId, tokenId: 1, requestId: '11111111-1111-4111-8111-111111111111' },
      {
        file: { ...prepared, filename: 'contacts.csv' },
        publicId: `${tenantId}-${storageKey.slice(-20)}`,
        format: { encoding: 'utf-8', delimiter: ',' },
        sourceId,
        statusId,
        skipDuplicates: false,
      },
    );
    return id;
  }

  /** The one import that is due. */
  async claimed(): Promise<ContactImport> {
    const [one, ...more] = await this.imports.claim(10, 30);
    if (!one || more.length > 0) throw new Error('not one import was due');
    return one;
  }

  async import(id: number): Promise<StoredImport> {
    const [row] = await this.rows<StoredImport>(
      `SELECT status, done, created, failures, error_code,
              extract(epoch FROM next_at - now())::float8 AS next_in_s FROM contact_imports WHERE id = $1`,
      [id],
    );
    if (!row) throw new Error('the import is gone');
    return row;
  }

  async contacts({ tenantId }: Importer): Promise<number> {
    const [row] = await this.rows<{ n: number; distinct_phones: number; counted: number }>(
      `SELECT count(*)::int AS n, count(DISTINCT phone)::int AS distinct_phones,
              (SELECT contact_count FROM tenants WHERE id = $1) AS counted FROM contacts WHERE tenant_id = $1`,
      [tenantId],
    );
    if (row?.n !== row?.counted || row?.n !== row?.distinct_phones)
      throw new Error(`miscounted: ${JSON.stringify(row)}`);
    return row?.n ?? 0;
  }

  rows<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return this.outbox.postgres.query<T>('', text, values);
  }
}
