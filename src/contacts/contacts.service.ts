import { Injectable } from '@nestjs/common';
import { recordChanges } from '../platform/audit/audit-trail.js';
import { Settings } from '../platform/config/settings.js';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';
import { notFound, validationError } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import type { ListRequest } from '../platform/pagination/list-request.js';
import type { ListScope } from '../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../platform/pagination/lists.js';
import { contactLimitReached } from '../tenants/plan-places.js';
import { CONTACT_LIST } from './contact-list.js';
import { findContacts } from './contact.repository.js';
import { CONTACT_INCLUDES, type ContactDto, type ContactInclude } from './dto/contact.dto.js';
import type { CreateContactDto, UpdateContactDto } from './dto/save-contact.dto.js';
import { eraseContacts } from './erase/erase-contacts.js';
import { IdentityHashes } from './erase/identity-hashes.js';
import { faultsOfError } from './store/contact-faults.js';
import { ContactWrites } from './store/contact-writes.js';
import { createContacts } from './store/create-contacts.js';
import { NO_SUCH_CONTACT, updateContact } from './store/update-contact.js';

const isInclude = (name: string): name is ContactInclude => CONTACT_INCLUDES.some((known) => known === name);

/** The people a tenant writes to: one contact at a time. */
@Injectable()
export class ContactsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly lists: Lists,
    private readonly writes: ContactWrites,
    private readonly hashes: IdentityHashes,
    private readonly settings: Settings,
  ) {}

  /** One page of the tenant's contacts. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<ContactDto>> {
    const include = request.include.filter(isInclude);
    return this.lists.page(CONTACT_LIST, scope, request, (sql, ids) => findContacts(sql, scope.tenantId, ids, include));
  }

  /**
   * One contact with what is included, as the query writes it: `groups,status`.
   * @throws ApiError 404 when the tenant has no such contact, 422 on `include`
   */
  async get(tenantId: number, id: string, include: unknown): Promise<ContactDto> {
    const included = readInclude(include);
    const contactId = resourceId(id, NO_SUCH_CONTACT);
    const [contact] = await this.postgres.snapshot((sql) => findContacts(sql, tenantId, [contactId], included), {
      statementTimeoutMs: this.settings.LIST_TIMEOUT_MS,
    });
    if (!contact) throw notFound(NO_SUCH_CONTACT);
    return contact;
  }

  /** @throws ApiError 422 that names every wrong field, 403 FEATURE_LIMIT_EXCEEDED when the plan is full */
  create(author: AuthenticatedTenant, contact: CreateContactDto): Promise<ContactDto> {
    const { tenantId } = author;
    return this.write(tenantId, async (sql) => {
      const { outcomes, places } = await createContacts(sql, this.hashes, tenantId, [contact]);
      const [outcome] = outcomes;
      if (outcome?.kind === 'refused') throw validationError(outcome.faults);
      if (outcome?.kind !== 'created') throw contactLimitReached(places?.current ?? 0, places?.maximum ?? 0);
      await recordChanges(sql, author, [{ action: 'contact.created', ids: [outcome.id] }]);
      return stored(sql, tenantId, outcome.id);
    });
  }

  /** @throws ApiError 404 when the tenant has no such contact, 422 that names every wrong field */
  update(author: AuthenticatedTenant, id: string, changes: UpdateContactDto): Promise<ContactDto> {
    const contactId = resourceId(id, NO_SUCH_CONTACT);
    return this.write(author.tenantId, async (sql) => {
      const fields = await updateContact(sql, author.tenantId, contactId, changes);
      await recordChanges(sql, author, [{ action: 'contact.updated', ids: [contactId], details: { fields } }]);
      return stored(sql, author.tenantId, contactId);
    });
  }

  /** Deletes it for good, see {@link eraseContacts}. @throws ApiError 404 when the tenant has no such contact */
  async delete(author: AuthenticatedTenant, id: string): Promise<void> {
    const contactId = resourceId(id, NO_SUCH_CONTACT);
    const deleted = await this.writes.run(author.tenantId, (sql) =>
      eraseContacts(sql, this.hashes, author, [contactId]),
    );
    if (deleted.length === 0) throw notFound(NO_SUCH_CONTACT);
  }

  private async write<T>(tenantId: number, work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    try {
      return await this.writes.run(tenantId, work);
    } catch (error) {
      const faults = faultsOfError(error);
      throw faults ? validationError(faults) : error;
    }
  }
}

/** A contact that this transaction has just written, with its groups. */
async function stored(sql: SqlRunner, tenantId: number, id: number): Promise<ContactDto> {
  const [contact] = await findContacts(sql, tenantId, [id], ['groups']);
  if (!contact) throw new Error('A contact that was just written is not there');
  return contact;
}

function readInclude(written: unknown): ContactInclude[] {
  if (written === undefined || written === '') return [];
  const names = typeof written === 'string' ? [...new Set(written.split(',').map((name) => name.trim()))] : [];
  const included = names.filter(isInclude);
  if (names.length > 0 && included.length === names.length) return included;
  throw validationError({ include: [`may name ${CONTACT_INCLUDES.join(', ')}`] });
}
