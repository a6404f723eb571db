/** Models whose rows belong to a tenant. A query on one of them must name the tenant. */
export const TENANT_MODELS: ReadonlySet<string> = new Set([
  'ApiToken',
  'Chat',
  'Contact',
  'Group',
  'MediaFile',
  'MediaLink',
  'Message',
  'PhoneNumber',
  'Source',
  'Staff',
  'Status',
  'Template',
  'WhatsappAccount',
  'WhatsappApp',
]);

/** A query on a tenant's table did not say whose rows it means: a fault of the program, never of the caller. */
export class TenantNotNamedError extends Error {
  constructor(model: string, operation: string) {
    super(`${model}.${operation} does not name a tenant`);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function namesTenant(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(namesTenant);
  if (!isRecord(value)) return false;
  if (typeof value.tenantId === 'number') return true;
  return 'AND' in value && (Array.isArray(value.AND) ? value.AND.some(namesTenant) : namesTenant(value.AND));
}

/**
 * Refuses a query on a tenant's model that names no tenant: `where.tenantId` for reads, updates and deletes,
 * `data.tenantId` for creates.
 * @throws TenantNotNamedError
 */
export function assertTenantNamed(model: string, operation: string, args: unknown): void {
  if (!TENANT_MODELS.has(model)) return;
  const query = isRecord(args) ? args : {};
  const named = operation.startsWith('create')
    ? namesTenant(query.data)
    : operation === 'upsert'
      ? namesTenant(query.where) && namesTenant(query.create)
      : namesTenant(query.where);
  if (!named) throw new TenantNotNamedError(model, operation);
}
