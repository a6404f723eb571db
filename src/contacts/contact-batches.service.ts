import { Injectable } from '@nestjs/common';
import { recordChanges } from '../platform/audit/audit-trail.js';
import { type ApiError, type FieldErrors, validationError } from '../platform/http/api-error.js';
import type { SqlRunner } from '../platform/database/postgres.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { checkDto } from '../platform/http/validation/validate-dto.js';
import { contactLimitReached } from '../tenants/plan-places.js';
import { findContacts } from './contact.repository.js';
import type {
  CreateBatchDto,
  CreatedBatchDto,
  DeletedBatchDto,
  FailedContactDto,
  SkippedContactDto,
} from './dto/contact-batches.dto.js';
import { CreateContactDto } from './dto/save-contact.dto.js';
import { eraseContacts } from './erase/erase-contacts.js';
import { IdentityHashes } from './erase/identity-hashes.js';
import { faultsOfError, PHONE_TAKEN } from './store/contact-faults.js';
import { ContactWrites } from './store/contact-writes.js';
import { createContacts, type Creation, type Creations, isDuplicate } from './store/create-contacts.js';

/** A member of a batch: read, or wrong by itself. */
type Member =
  | { readonly index: number; readonly contact: CreateContactDto }
  | { readonly index: number; readonly faults: FieldErrors };

interface Options {
  readonly continueOnError: boolean;
  readonly skipDuplicates: boolean;
}

/** A member with what became of it. */
interface Judged {
  readonly index: number;
  readonly creation: Creation;
}

/** Creates and deletes contacts by the thousand, each batch in one transaction. */
@Injectable()
export class ContactBatchesService {
  constructor(
    private readonly writes: ContactWrites,
    private readonly hashes: IdentityHashes,
  ) {}

  /**
   * Creates what can be created; a member that is wrong is told, and one that is skipped as a duplicate is no error.
   * @throws ApiError 422 for the first wrong members when the batch is all or nothing, 403 FEATURE_LIMIT_EXCEEDED when the
   * plan has room for none, or not for all of a batch that is all or nothing: nothing is created then
   */
  async create(author: AuthenticatedTenant, { contacts, options }: CreateBatchDto): Promise<CreatedBatchDto> {
    const chosen = {
      continueOnError: options?.continue_on_error ?? true,
      skipDuplicates: options?.skip_duplicates ?? false,
    };
    const members = await Promise.all(contacts.map((given, index) => readMember(given, index)));
    try {
      return await this.writes.run(author.tenantId, (sql) => this.createAll(sql, author, members, contacts, chosen));
    } catch (error) {
      // A source or status that was deleted after it was looked up; nothing says whose it was.
      const faults = faultsOfError(error);
      throw faults ? validationError(faults) : error;
    }
  }

  /** Ids that no contact of the tenant has count as failed. */
  async delete(author: AuthenticatedTenant, ids: readonly number[]): Promise<DeletedBatchDto> {
    const deleted = await this.writes.run(author.tenantId, (sql) =>
      eraseContacts(sql, this.hashes, author, [...new Set(ids)]),
    );
    const summary = { total: ids.length, deleted: deleted.length, failed: ids.length - deleted.length };
    return { success: true, summary };
  }

  private async createAll(
    sql: SqlRunner,
    author: AuthenticatedTenant,
    members: readonly Member[],
    given: readonly unknown[],
    { continueOnError, skipDuplicates }: Options,
  ): Promise<CreatedBatchDto> {
    const { tenantId } = author;
    const sound = members.flatMap((member) => ('contact' in member ? [member] : []));
    const creations = await createContacts(
      sql,
      this.hashes,
      tenantId,
      sound.map(({ contact }) => contact),
    );
    const judged = judge(members, sound, creations);
    const isSkipped = ({ creation }: Judged): boolean => skipDuplicates && isDuplicate(creation);
    const failed = judged.filter((one) => one.creation.kind !== 'created' && !isSkipped(one));
    const refusal = refusalOf(failed, creations, continueOnError);
    if (refusal) throw refusal;
    const created = judged.flatMap(({ creation }) => (creation.kind === 'created' ? [creation.id] : []));
    if (created.length > 0) await recordChanges(sql, author, [{ action: 'contact.created', ids: created }]);
    const rows = new Map((await findContacts(sql, tenantId, created, ['groups'])).map((row) => [row.id, row]));
    const skipped = judged
      .filter(isSkipped)
      .map(({ index }): SkippedContactDto => ({ index, reason: PHONE_TAKEN, data: given[index] }));
    const errors = failed.map(({ index, creation }): FailedContactDto => {
      const { code, message, details } = errorOf(creation, creations);
      return { index, code, message, details: details ?? {}, data: given[index] };
    });
    return {
      success: true,
      summary: { total: given.length, created: created.length, skipped: skipped.length, failed: errors.length },
      created: created.flatMap((id) => rows.get(id) ?? []),
      skipped,
      errors,
    };
  }
}

async function readMember(given: unknown, index: number): Promise<Member> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { index, faults: { [`contacts.${index}`]: ['must be an object'] } };
  }
  const { instance, faults } = await checkDto(CreateContactDto, given);
  return Object.keys(faults).length === 0 ? { index, contact: instance } : { index, faults };
}

function judge(members: readonly Member[], sound: readonly Member[], { outcomes }: Creations): Judged[] {
  const byIndex = new Map(sound.map(({ index }, position) => [index, outcomes[position]]));
  return members.map((member): Judged => {
    const { index } = member;
    if ('faults' in member) return { index, creation: { kind: 'refused', faults: member.faults } };
    const creation = byIndex.get(index);
    if (!creation) throw new Error('A member of a batch has no outcome');
    return { index, creation };
  });
}

function errorOf(creation: Creation, { places }: Creations): ApiError {
  return creation.kind === 'refused'
    ? validationError(creation.faults)
    : contactLimitReached(places?.current ?? 0, places?.maximum ?? 0);
}

/** Why nothing at all is created. */
function refusalOf(failed: readonly Judged[], creations: Creations, continueOnError: boolean): ApiError | undefined {
  const faults = failed.flatMap(({ index, creation }) =>
    creation.kind === 'refused' ? [[index, creation.faults] as const] : [],
  );
  if (!continueOnError && faults.length > 0) return validationError(namedByMember(faults));
  const withoutRoom = failed.find(({ creation }) => creation.kind === 'no_room');
  if (!withoutRoom) return undefined;
  return !continueOnError || creations.places?.granted === 0 ? errorOf(withoutRoom.creation, creations) : undefined;
}

/** `contacts.3.phone`. */
function namedByMember(faults: readonly (readonly [number, FieldErrors])[]): FieldErrors {
  const whole = (index: number): string => `contacts.${index}`;
  return Object.fromEntries(
    faults.flatMap(([index, fields]) =>
      Object.entries(fields).map(([field, messages]) => [
        field === whole(index) ? field : `${whole(index)}.${field}`,
        messages,
      ]),
    ),
  );
}
