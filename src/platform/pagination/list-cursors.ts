import { Injectable } from '@nestjs/common';
import { DecryptionError, Encryption } from '../crypto/encryption.js';
import type { KeysetPosition } from './list-request.js';
import type { ListScope, ListSpec } from './list-spec.js';

/** What a cursor holds: the request that it continues, as it was written, and where that one ended. */
export interface CursorContent {
  readonly page: number;
  readonly perPage: number;
  readonly sort: string;
  /** Field, operator, value. */
  readonly filters: readonly (readonly [string, string, string])[];
  readonly search: string | null;
  readonly fields: readonly string[] | null;
  readonly include: readonly string[];
  readonly position: KeysetPosition;
}

/** As base64url. A cursor of ours is shorter: filters and search are limited. */
const CURSOR = /^[A-Za-z0-9_-]{1,12000}$/;

/** The tenant, the list and its parent: authenticated with the content, so that a cursor opens nowhere else. */
const contextOf = (spec: ListSpec, { tenantId, within }: ListScope): string =>
  `list-cursor ${tenantId} ${spec.name} ${within ? `${within.sql}=${within.id}` : ''}`;

/**
 * Makes and opens the cursors of lists. They are encrypted and authenticated by the installation's key: nobody can
 * make one up, change one, or use one of another tenant or list. A key that was rotated opens its cursors as long as
 * it is among the previous ones.
 */
@Injectable()
export class ListCursors {
  constructor(private readonly encryption: Encryption) {}

  seal(spec: ListSpec, scope: ListScope, content: CursorContent): string {
    return this.encryption.encrypt(JSON.stringify(content), contextOf(spec, scope)).toString('base64url');
  }

  /** Undefined for anything but a cursor that was made for this tenant and list. */
  open(spec: ListSpec, scope: ListScope, cursor: string): CursorContent | undefined {
    if (!CURSOR.test(cursor)) return undefined;
    try {
      // Only what we sealed opens, so it has the shape that we gave it.
      return JSON.parse(
        this.encryption.decrypt(Buffer.from(cursor, 'base64url'), contextOf(spec, scope)),
      ) as CursorContent;
    } catch (error) {
      if (error instanceof DecryptionError) return undefined;
      throw error;
    }
  }
}
