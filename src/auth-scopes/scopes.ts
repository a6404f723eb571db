/** Every scope a token can hold, beside `*`, which grants all. */
export const SCOPES = [
  'messages:send',
  'messages:read',
  'templates:read',
  'templates:sync',
  'contacts:read',
  'contacts:write',
  'contacts:delete',
  'groups:read',
  'groups:write',
  'groups:delete',
  'sources:read',
  'sources:write',
  'sources:delete',
  'statuses:read',
  'statuses:write',
  'statuses:delete',
  'account:read',
  'chats:read',
  'chats:write',
  'webhooks:read',
  'webhooks:write',
  'integrations:read',
  'integrations:write',
] as const;

/** A scope that a route may require. */
export type Scope = (typeof SCOPES)[number];

/** True for a name that a token may be given: a scope, or `*`. */
export const isGrantable = (name: string): boolean => name === '*' || SCOPES.some((scope) => scope === name);

/** The required scopes that are not among the granted ones. */
export function missingScopes(granted: readonly string[], required: readonly Scope[]): Scope[] {
  return granted.includes('*') ? [] : required.filter((scope) => !granted.includes(scope));
}
