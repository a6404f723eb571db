import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MediaStore } from '../../media/storage/media-store.js';
import { MediaNotStoredError } from '../../media/storage/storage-errors.js';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { Settings } from '../../platform/config/settings.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import type { FieldErrors } from '../../platform/http/api-error.js';
import type { CreateContactDto } from '../dto/save-contact.dto.js';
import { IdentityHashes } from '../erase/identity-hashes.js';
import { ContactWrites } from '../store/contact-writes.js';
import { createContacts, type Creation, isDuplicate } from '../store/create-contacts.js';
import { contactOf } from './import-contact.js';
import { ImportRefusedError } from './import-format.js';
import { type ImportRow, importRows } from './import-rows.js';
import { type ContactImport, type ImportError, type ImportStep, ImportStore } from './import-store.js';

/** Rows of one transaction: few enough that nobody waits long for the tenant's counter, and a stop for its end. */
const STEP_ROWS = 500;
/** Characters of one transaction: rows may be large, memory is not. */
const STEP_SIZE = 4 * 1024 * 1024;
/** Rows that are checked at a stretch: the same process hands messages over to the millisecond. */
const CHECKED_AT_ONCE = 20;
/** The same for rows that are only counted or passed over. */
const READ_AT_ONCE = 200;

/** Things that are told of one row: a cell with a thousand wrong groups fills no file. */
const MOST_ERRORS = 20;

/** A row that was checked by itself. */
interface CheckedRow {
  readonly row: ImportRow;
  readonly read: { readonly contact: CreateContactDto } | { readonly faults: FieldErrors };
}

/** Carries out one import. */
@Injectable()
export class ImportRun {
  constructor(
    private readonly imports: ImportStore,
    private readonly store: MediaStore,
    private readonly writes: ContactWrites,
    private readonly hashes: IdentityHashes,
    private readonly settings: Settings,
  ) {}

  /**
   * Reads the whole file first, so that one that cannot be read, or is too long, creates nothing; then goes on behind
   * the rows that are done. Resolves when the import has ended, or `stopping` was aborted and it was given back.
   * @throws ImportLeaseLostError, ImportSuspendedError, or what keeps it from going on for the moment
   */
  async run(one: ContactImport, stopping: AbortSignal): Promise<void> {
    const storageKey = await this.imports.storageKey(one);
    if (storageKey === undefined) return this.imports.fail(one, 'FILE_MISSING', 'The file is not there any more.');
    try {
      if (one.total === null) {
        const total = await this.count(one, storageKey, stopping);
        if (!stopping.aborted) await this.imports.counted(one, total);
      }
      if (!stopping.aborted) await this.createAll(one, storageKey, stopping);
      await (stopping.aborted ? this.imports.giveBack(one) : this.imports.complete(one));
    } catch (error) {
      if (error instanceof ImportRefusedError) return this.imports.fail(one, 'INVALID_FILE', error.message);
      if (!(error instanceof MediaNotStoredError)) throw error;
      await this.imports.fail(one, 'FILE_MISSING', 'The file is not there any more.');
    }
  }

  private async count(one: ContactImport, storageKey: string, stopping: AbortSignal): Promise<number> {
    const most = this.settings.IMPORT_MAX_ROWS;
    let total = 0;
    for await (const row of importRows(await this.store.openRead(storageKey), one)) {
      total = row.number;
      if (total > most) throw new ImportRefusedError(`The file has more than ${most} rows.`);
      if (total % READ_AT_ONCE === 0) await nextTurn();
      if (stopping.aborted) break;
    }
    if (total === 0 && !stopping.aborted) throw new ImportRefusedError('The file has no rows below its header.');
    return total;
  }

  private async createAll(one: ContactImport, storageKey: string, stopping: AbortSignal): Promise<void> {
    let { done } = one;
    let step: ImportRow[] = [];
    let size = 0;
    for await (const row of importRows(await this.store.openRead(storageKey), one)) {
      if (stopping.aborted) return;
      if (row.number % READ_AT_ONCE === 0) await nextTurn();
      if (row.number <= done) continue;
      step.push(row);
      size += row.size;
      if (step.length < STEP_ROWS && size < STEP_SIZE) continue;
      await this.take(one, done, step);
      done += step.length;
      step = [];
      size = 0;
    }
    if (step.length > 0) await this.take(one, done, step);
  }

  /** Rows and progress in one transaction: after a crash either both are there or neither. */
  private async take(one: ContactImport, done: number, rows: readonly ImportRow[]): Promise<void> {
    const checked: CheckedRow[] = [];
    for (const row of rows) {
      checked.push({ row, read: await contactOf(row, one) });
      if (checked.length % CHECKED_AT_ONCE === 0) await nextTurn();
    }
    await this.writes.run(one.tenant_id, async (sql) => {
      await this.imports.hold(sql, one, done);
      await this.imports.advance(sql, one, await this.create(sql, one, checked));
    });
  }

  private async create(sql: SqlRunner, one: ContactImport, rows: readonly CheckedRow[]): Promise<ImportStep> {
    const contacts = rows.flatMap(({ read }) => ('contact' in read ? [read.contact] : []));
    const { outcomes, places } = await createContacts(sql, this.hashes, one.tenant_id, contacts);
    const created = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.id] : []));
    if (created.length > 0) {
      const author = { tenantId: one.tenant_id, tokenId: one.token_id, requestId: one.request_id };
      await recordChanges(sql, author, [{ action: 'contact.created', ids: created, details: { import_id: one.id } }]);
    }
    const skipped = one.skip_duplicates ? outcomes.filter(isDuplicate).length : 0;
    let position = 0;
    const errors = rows.flatMap(({ row, read }) => {
      const outcome: Creation | undefined =
        'contact' in read ? outcomes[position++] : { kind: 'refused', faults: read.faults };
      if (!outcome) throw new Error('A row of an import has no outcome');
      if (outcome.kind === 'created' || (one.skip_duplicates && 'contact' in read && isDuplicate(outcome))) return [];
      return [errorsOf(row, outcome, places?.maximum ?? 0)];
    });
    return {
      rows: rows.length,
      created: created.length,
      skipped,
      failed: errors.length,
      errors: errors.flat(),
    };
  }
}

/** One entry for each thing that is wrong with a row. */
function errorsOf({ number, line }: ImportRow, outcome: Creation, maximum: number): ImportError[] {
  if (outcome.kind !== 'refused') {
    const message = `The plan has room for ${maximum} contacts.`;
    return [{ row: number, line, position: 0, code: 'FEATURE_LIMIT_EXCEEDED', field: '', message }];
  }
  return Object.entries(outcome.faults)
    .flatMap(([field, messages]) => messages.map((message) => ({ field, message })))
    .slice(0, MOST_ERRORS)
    .map(({ field, message }, position) => ({
      row: number,
      line,
      position,
      code: 'VALIDATION_ERROR',
      field,
      message,
    }));
}
