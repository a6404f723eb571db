import { Injectable } from '@nestjs/common';
import { ContactWrites } from '../contacts/store/contact-writes.js';
import { recordChanges } from '../platform/audit/audit-trail.js';
import type { SqlRunner } from '../platform/database/postgres.js';
import { notFound, validationError } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { resourceId } from '../platform/http/resource-id.js';
import type { ContactsAddedDto, ContactsRemovedDto } from './dto/memberships.dto.js';

export const NO_SUCH_GROUP = 'There is no such group.';

/** A deleted group leaves so many contacts in one transaction: few enough that nobody waits long for one of them. */
const STEP = 5000;

const LOCK_GROUP = {
  share: 'SELECT id FROM groups WHERE tenant_id = $1 AND id = $2::bigint FOR KEY SHARE',
  delete: 'SELECT id FROM groups WHERE tenant_id = $1 AND id = $2::bigint FOR UPDATE',
} as const;

/**
 * Who is in which group. A membership is the group's id in the contact's `group_id`; whoever writes one keeps the group
 * from being deleted meanwhile, so that no contact is left with the id of a group that is gone. Groups are locked before
 * contacts.
 */
@Injectable()
export class MembershipsService {
  constructor(private readonly writes: ContactWrites) {}

  /**
   * Adds contacts; those that are in the group already stay as they are, and are not counted.
   * @throws ApiError 404 when the tenant has no such group, 422 that names every id that is no contact of the tenant
   */
  add(author: AuthenticatedTenant, id: string, contactIds: readonly number[]): Promise<ContactsAddedDto> {
    const { tenantId } = author;
    const groupId = resourceId(id, NO_SUCH_GROUP);
    return this.writes.run(tenantId, async (sql) => {
      await lockGroup(sql, tenantId, groupId, 'share');
      const rows = await sql.query<{ id: number }>(
        'groups_lock_contacts',
        'SELECT id FROM contacts WHERE tenant_id = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR NO KEY UPDATE',
        [tenantId, contactIds],
      );
      const known = new Set(rows.map((row) => row.id));
      const unknown = contactIds.flatMap((contactId, index) => (known.has(contactId) ? [] : [index]));
      if (unknown.length > 0) {
        throw validationError(
          Object.fromEntries(unknown.map((index) => [`contact_ids.${index}`, ['There is no such contact.']])),
        );
      }
      const added = await sql.query<{ id: number }>(
        'groups_add_contacts',
        `UPDATE contacts SET group_id = group_id || $3::int, updated_at = now()
          WHERE tenant_id = $1 AND id = ANY ($2::int[]) AND $3::int <> ALL (group_id) RETURNING id`,
        [tenantId, [...known], groupId],
      );
      await note(sql, author, 'group.contacts_added', groupId, added);
      return { group_id: groupId, contacts_added: added.length };
    });
  }

  /**
   * Takes contacts out; those that are not in the group, and ids that are no contacts of the tenant, are not counted.
   * @throws ApiError 404 when the tenant has no such group
   */
  remove(author: AuthenticatedTenant, id: string, contactIds: readonly number[]): Promise<ContactsRemovedDto> {
    const { tenantId } = author;
    const groupId = resourceId(id, NO_SUCH_GROUP);
    return this.writes.run(tenantId, async (sql) => {
      await lockGroup(sql, tenantId, groupId, 'share');
      const removed = await sql.query<{ id: number }>(
        'groups_remove_contacts',
        `WITH members AS MATERIALIZED (
           SELECT id FROM contacts
            WHERE tenant_id = $1 AND id = ANY ($2::bigint[]) AND $3::int = ANY (group_id)
            ORDER BY id FOR NO KEY UPDATE)
         UPDATE contacts c SET group_id = array_remove(c.group_id, $3::int), updated_at = now()
           FROM members m WHERE c.id = m.id AND $3::int = ANY (c.group_id) RETURNING c.id`,
        [tenantId, contactIds, groupId],
      );
      await note(sql, author, 'group.contacts_removed', groupId, removed);
      return { group_id: groupId, contacts_removed: removed.length };
    });
  }

  /**
   * Deletes a group and takes its id from its members. Large groups lose them in steps, of which the last one deletes
   * the group: a call that was cut off in between is finished by its repetition.
   * @throws ApiError 404 when the tenant has no such group
   */
  async deleteGroup(author: AuthenticatedTenant, id: string): Promise<void> {
    const { tenantId } = author;
    const groupId = resourceId(id, NO_SUCH_GROUP);
    for (;;) {
      const left = await this.writes.run(tenantId, async (sql) => {
        await lockGroup(sql, tenantId, groupId, 'delete');
        const members = await leave(sql, tenantId, groupId);
        // Nobody joins while the group is locked.
        if (members === STEP) return true;
        await sql.query('groups_delete', 'DELETE FROM groups WHERE tenant_id = $1 AND id = $2::bigint', [
          tenantId,
          groupId,
        ]);
        await recordChanges(sql, author, [{ action: 'group.deleted', ids: [groupId] }]);
        return false;
      });
      if (!left) return;
    }
  }
}

async function note(
  sql: SqlRunner,
  author: AuthenticatedTenant,
  action: 'group.contacts_added' | 'group.contacts_removed',
  groupId: number,
  contacts: readonly { id: number }[],
): Promise<void> {
  if (contacts.length === 0) return;
  const contact_ids = contacts.map(({ id }) => id);
  await recordChanges(sql, author, [{ action, ids: [groupId], details: { contact_ids } }]);
}

async function lockGroup(
  sql: SqlRunner,
  tenantId: number,
  groupId: number,
  strength: keyof typeof LOCK_GROUP,
): Promise<void> {
  const [group] = await sql.query(`groups_lock_${strength}`, LOCK_GROUP[strength], [tenantId, groupId]);
  if (!group) throw notFound(NO_SUCH_GROUP);
}

/**
 * Takes the group's id from {@link STEP} of its members at most: primary key of group_members, which the contacts' triggers
 * keep. Who leaves by itself meanwhile is one of them all the same.
 * @returns how many members the group had, up to that
 */
async function leave(sql: SqlRunner, tenantId: number, groupId: number): Promise<number> {
  const members = await sql.query<{ contact_id: number }>(
    'groups_members',
    `SELECT contact_id FROM group_members WHERE tenant_id = $1 AND group_id = $2::int ORDER BY contact_id LIMIT ${STEP}`,
    [tenantId, groupId],
  );
  await sql.query(
    'groups_leave',
    `WITH members AS MATERIALIZED (
       SELECT id FROM contacts
        WHERE tenant_id = $1 AND id = ANY ($2::int[]) AND $3::int = ANY (group_id)
        ORDER BY id FOR NO KEY UPDATE)
     UPDATE contacts c SET group_id = array_remove(c.group_id, $3::int), updated_at = now()
       FROM members m WHERE c.id = m.id`,
    [tenantId, members.map(({ contact_id }) => contact_id), groupId],
  );
  return members.length;
}
