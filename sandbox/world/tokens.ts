import { newAccessToken } from './ids.js';
import { SCOPES, type Scope } from './defaults.js';

/** An access token of a system user. */
export interface AccessToken {
  readonly value: string;
  readonly appId: string;
  readonly accountIds: Set<string>;
  readonly scopes: ReadonlySet<Scope>;
  /** Milliseconds since 1970; null = never. */
  readonly expiresAt: number | null;
  readonly issuedAt: number;
  revoked: boolean;
}

export interface TokenDraft {
  readonly value?: string;
  readonly appId: string;
  readonly accountIds: readonly string[];
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: number | null;
  readonly issuedAt: number;
}

/** All access tokens, valid and revoked. */
export class TokenRegistry {
  readonly #tokens = new Map<string, AccessToken>();

  issue(draft: TokenDraft): AccessToken {
    const token: AccessToken = {
      value: draft.value ?? newAccessToken(),
      appId: draft.appId,
      accountIds: new Set(draft.accountIds),
      scopes: new Set(draft.scopes ?? SCOPES),
      expiresAt: draft.expiresAt ?? null,
      issuedAt: draft.issuedAt,
      revoked: false,
    };
    this.#tokens.set(token.value, token);
    return token;
  }

  find(value: string): AccessToken | undefined {
    return this.#tokens.get(value);
  }

  forAccount(accountId: string): AccessToken[] {
    return [...this.#tokens.values()].filter((token) => token.accountIds.has(accountId));
  }
}
