import { randomBytes } from 'node:crypto';

/** `ab/7-<sha256>-<16 hex>.jpg`: folder, tenant, content, a name of its own, extension. */
const STORAGE_KEY = /^([0-9a-f]{2})\/([1-9][0-9]{0,9})-([0-9a-f]{64})-[0-9a-f]{16}\.[a-z0-9]{2,5}$/;

/** The 256 folders over which files are spread, by the first byte of the hash. */
export const STORAGE_FOLDERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** Not one of our keys; a fault of the program or a row altered by hand. */
export class StorageKeyError extends Error {}

/**
 * A new key for content of this tenant. Every stored file has a name of its own, even when the same content is stored
 * twice: a file belongs to the one request that wrote it until that request's row is committed, and to that row
 * afterwards. So removing a file can never take away one that another request, or another row, relies on.
 */
export function newStorageKey(tenantId: number, sha256: Buffer, extension: string): string {
  const hash = sha256.toString('hex');
  return `${hash.slice(0, 2)}/${tenantId}-${hash}-${randomBytes(8).toString('hex')}.${extension}`;
}

/** Tenant and hash that a key names. @throws StorageKeyError for anything else, so that no key leads out of the store */
export function parseStorageKey(storageKey: string): { tenantId: number; sha256: Buffer } {
  const match = STORAGE_KEY.exec(storageKey);
  const [, folder, tenantId, hash] = match ?? [];
  if (!hash || folder !== hash.slice(0, 2))
    throw new StorageKeyError(`not a storage key: ${JSON.stringify(storageKey)}`);
  return { tenantId: Number(tenantId), sha256: Buffer.from(hash, 'hex') };
}
