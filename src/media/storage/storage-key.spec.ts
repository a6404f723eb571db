import { describe, expect, it } from '@jest/globals';
import { newStorageKey, parseStorageKey, STORAGE_FOLDERS, StorageKeyError } from './storage-key.js';

const sha256 = Buffer.alloc(32, 0xab);

describe('a storage key', () => {
  it('names folder, tenant and content, and is never given twice', () => {
    const key = newStorageKey(7, sha256, 'jpg');
    expect(key).toMatch(new RegExp(`^ab/7-${'ab'.repeat(32)}-[0-9a-f]{16}\\.jpg$`));
    expect(parseStorageKey(key)).toEqual({ tenantId: 7, sha256 });
    expect(newStorageKey(7, sha256, 'jpg')).not.toBe(key);
    expect(STORAGE_FOLDERS).toHaveLength(256);
  });

  it.each([
    '',
    '../../etc/passwd',
    `ab/../7-${'ab'.repeat(32)}-0123456789abcdef.jpg`,
    `ab/7-${'ab'.repeat(32)}-0123456789abcdef.jpg/..`,
    `cd/7-${'ab'.repeat(32)}-0123456789abcdef.jpg`,
    `ab/7-${'ab'.repeat(32)}-0123456789abcdef.jpg\0`,
    `ab/7-${'ab'.repeat(31)}-0123456789abcdef.jpg`,
    `ab/0-${'ab'.repeat(32)}-0123456789abcdef.jpg`,
    `ab/7-${'AB'.repeat(32)}-0123456789abcdef.jpg`,
  ])('is refused when it is not one of ours: %j', (key) => {
    expect(() => parseStorageKey(key)).toThrow(StorageKeyError);
  });
});
