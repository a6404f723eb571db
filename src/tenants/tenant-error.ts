/** An operator's request that cannot be done; the message says why. */
export class TenantError extends Error {}
