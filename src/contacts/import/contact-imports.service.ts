import { Injectable } from '@nestjs/common';
import { MediaIntake } from '../../media/media-intake.js';
import { MediaLinks } from '../../media/media-links.js';
import type { PreparedMedia } from '../../media/prepared-media.js';
import { MediaStore } from '../../media/storage/media-store.js';
import { asStorageApiError } from '../../media/storage/storage-errors.js';
import { newStorageKey } from '../../media/storage/storage-key.js';
import type { MediaForm, UploadedTempFile } from '../../media/upload/uploaded-file.js';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { CommitOutcomeUnknownError } from '../../platform/database/database-errors.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { type FieldErrors, notFound, rateLimitExceeded, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { foreignReferences } from '../store/contact-faults.js';
import { type ImportDto, ImportFieldsDto } from './dto/import.dto.js';
import { checkImportFile } from './import-file.js';
import { type ImportFormat, ImportRefusedError } from './import-format.js';
import { countUnended, findImport, insertImport } from './import-repository.js';

/** Form field of the file. */
export const IMPORT_FILE = 'file';

/** Imports of one tenant that may run or wait at once: each keeps a file of up to 100 MB. */
export const MOST_UNENDED = 10;
/** When a caller whose imports wait may come again, seconds. */
const RETRY_AFTER_S = 30;

const CSV = 'text/csv';
const NO_SUCH_IMPORT = 'There is no such import.';

/** Takes files of contacts in; workers carry them out. */
@Injectable()
export class ContactImportsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly writes: TenantWrites,
    private readonly store: MediaStore,
    private readonly intake: MediaIntake,
    private readonly links: MediaLinks,
  ) {}

  /**
   * Stores the file and the order to import it; what is wrong with the file as a whole is told at once.
   * @throws ApiError 429 while MOST_UNENDED imports of the tenant run or wait; 422 that names every wrong field; 503 when
   * the file cannot be kept
   */
  async start(author: AuthenticatedTenant, form: MediaForm): Promise<ImportDto> {
    await requireRoom(this.postgres, author.tenantId, { alone: false });
    const { instance: fields, faults: fieldFaults } = await checkDto(ImportFieldsDto, form.fields);
    const foreign = Object.keys(fieldFaults).length === 0 ? await this.foreign(author.tenantId, fields) : {};
    const checked = await checkFile(form);
    const faults: FieldErrors = { ...fieldFaults, ...foreign, ...('faults' in checked ? checked.faults : {}) };
    if ('faults' in checked || Object.keys(faults).length > 0) throw validationError(faults);
    const { file, format } = checked;
    const prepared = await this.keep(author.tenantId, file);
    return this.commit(prepared, async (storageKept) =>
      this.writes.run(author.tenantId, async (sql) => {
        // Who came at the same moment may have taken the last place.
        await requireRoom(sql, author.tenantId, { alone: true });
        const { id, storageKey } = await insertImport(sql, author, {
          file: prepared,
          publicId: this.links.newPublicId(),
          format,
          sourceId: fields.source_id,
          statusId: fields.status_id,
          skipDuplicates: fields.skip_duplicates ?? false,
        });
        await recordChanges(sql, author, [{ action: 'contacts.import_started', ids: [id] }]);
        const started = await findImport(sql, author.tenantId, id);
        if (!started) throw new Error('An import that was just stored is not there');
        storageKept(storageKey);
        return started;
      }),
    );
  }

  /** @throws ApiError 404 when the tenant has no such import */
  async get(tenantId: number, id: string): Promise<ImportDto> {
    const found = await findImport(this.postgres, tenantId, resourceId(id, NO_SUCH_IMPORT));
    if (!found) throw notFound(NO_SUCH_IMPORT);
    return found;
  }

  private async foreign(tenantId: number, { source_id, status_id }: ImportFieldsDto): Promise<FieldErrors> {
    const [faults] = await foreignReferences(this.postgres, tenantId, [{ source_id, status_id }]);
    return faults ?? {};
  }

  private async keep(tenantId: number, { content }: UploadedTempFile): Promise<PreparedMedia> {
    const { sha256, sizeBytes } = content;
    const storageKey = newStorageKey(tenantId, sha256, 'csv');
    try {
      await this.store.put(storageKey, content, CSV);
    } catch (error) {
      throw asStorageApiError(error);
    }
    return { tenantId, sha256, sizeBytes, mimeType: CSV, storageKey, filename: 'contacts.csv', stored: true };
  }

  /** Removes the file again when its rows were not committed, or named the same content that was there already. */
  private async commit<T>(
    prepared: PreparedMedia,
    work: (storageKept: (storageKey: string) => void) => Promise<T>,
  ): Promise<T> {
    let kept: string | null = null;
    try {
      const result = await work((storageKey) => (kept = storageKey));
      await this.intake.settle(prepared, kept);
      return result;
    } catch (error) {
      if (!(error instanceof CommitOutcomeUnknownError)) await this.intake.settle(prepared, null);
      throw error;
    }
  }
}

async function requireRoom(sql: SqlRunner, tenantId: number, how: { alone: boolean }): Promise<void> {
  if ((await countUnended(sql, tenantId, how)) < MOST_UNENDED) return;
  throw rateLimitExceeded(RETRY_AFTER_S, `${MOST_UNENDED} imports are waiting or running already`);
}

type CheckedFile =
  { readonly file: UploadedTempFile; readonly format: ImportFormat } | { readonly faults: FieldErrors };

async function checkFile({ file, faults }: MediaForm): Promise<CheckedFile> {
  if (Object.keys(faults).length > 0) return { faults };
  if (!file) return { faults: { [IMPORT_FILE]: [`The ${IMPORT_FILE} is required.`] } };
  try {
    return { file, format: await checkImportFile(file.content.head, file.content.chunks()) };
  } catch (error) {
    if (error instanceof ImportRefusedError) return { faults: { [IMPORT_FILE]: [error.message] } };
    throw error;
  }
}
