/**
 * What can be changed, and what `subject_ids` of its audit entries are. A new writing endpoint or command adds its own
 * here.
 */
export const AUDIT_ACTIONS = {
  'message.cancelled': 'messages',
  'otp.verified': 'messages that brought the code',
  'chat.read': 'chats',
  'templates.synced': 'WhatsApp accounts',
  'contact.created': 'contacts',
  'contact.updated': 'contacts',
  'contact.deleted': 'contacts',
  'contact.opted_out': 'contacts',
  'contact.opted_in': 'contacts',
  'contacts.import_started': 'imports',
  'group.created': 'groups',
  'group.updated': 'groups',
  'group.deleted': 'groups',
  'group.contacts_added': 'groups; details.contact_ids are the contacts',
  'group.contacts_removed': 'groups; details.contact_ids are the contacts',
  'source.created': 'sources',
  'source.updated': 'sources',
  'source.deleted': 'sources',
  'status.created': 'statuses',
  'status.updated': 'statuses',
  'status.deleted': 'statuses',
  'integration.created': 'store listeners',
  'integration.updated': 'store listeners',
  'integration.deleted': 'store listeners',
  'tenant.created': 'tenants',
  'tenant.updated': 'tenants',
  'plan.created': 'plans',
  'plan.updated': 'plans',
  'plan.deleted': 'plans',
  'staff.created': 'staff',
  'staff.deleted': 'staff',
  'token.created': 'tokens',
  'token.revoked': 'tokens',
  'number.connected': 'numbers',
  'number.paused': 'numbers',
  'number.resumed': 'numbers',
  'delivery.held': 'nothing: all delivery',
  'delivery.released': 'nothing: all delivery',
  'secrets.rotated': 'nothing: all stored secrets',
} as const satisfies Record<string, string>;

/** What was done. */
export type AuditAction = keyof typeof AUDIT_ACTIONS;
