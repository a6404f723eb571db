import type { IncomingMessage } from 'node:http';
import { realNow } from '../clock/sandbox-clock.js';
import type { Account } from '../world/account.js';
import type { Scope } from '../world/defaults.js';
import type { AccessToken } from '../world/tokens.js';
import type { World } from '../world/world.js';
import { GraphError, objectNotFound } from './graph-error.js';

/**
 * The access token of a request.
 * @throws GraphError 200 without one, 190 when it is unknown, revoked or expired.
 */
export function readToken(world: World, request: IncomingMessage): AccessToken {
  const header = request.headers.authorization ?? '';
  const match = /^Bearer +(\S+)$/i.exec(header);
  const value = match?.[1];
  if (value === undefined) throw new GraphError(200, 'Provide valid app ID: the request has no access token.');
  const token = world.tokens.find(value);
  if (token === undefined) throw new GraphError(190, 'Invalid OAuth access token - Cannot parse access token');
  if (!isValid(world, token)) throw new GraphError(190, 'Error validating access token: Session has expired');
  return token;
}

/** Expiry goes by the clock of the token's first account. */
export function isValid(world: World, token: AccessToken): boolean {
  if (token.revoked) return false;
  if (token.expiresAt === null) return true;
  const [accountId] = token.accountIds;
  const account = accountId === undefined ? undefined : world.accounts.get(accountId);
  return token.expiresAt > (account?.clock.now() ?? realNow());
}

/**
 * Refuses an account the token has no part in (as if it were not there) and a missing permission.
 * @throws GraphError 100 or 10.
 */
export function requireAccess(
  token: AccessToken,
  account: Account,
  scope: Scope,
  objectId: string,
  method: string,
): void {
  if (!token.accountIds.has(account.id)) throw objectNotFound(objectId, method);
  if (!token.scopes.has(scope)) {
    throw new GraphError(10, `Application does not have permission for this action: ${scope} is missing.`);
  }
}
