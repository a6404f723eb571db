import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Settings } from '../config/settings.js';
import { Encryption } from '../crypto/encryption.js';
import { type CursorContent, ListCursors } from './list-cursors.js';
import type { ListScope } from './list-spec.js';
import { PARCEL_LIST } from './testing/parcel-list.js';

const cursorsWith = (settings: Partial<Settings>): ListCursors =>
  new ListCursors(new Encryption(Object.assign(new Settings(), settings)));
const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

const cursors = cursorsWith({ ENCRYPTION_KEY: key(1) });
const content: CursorContent = {
  page: 2,
  perPage: 15,
  sort: '-created_at',
  filters: [['state', 'eq', 'new']],
  search: null,
  fields: null,
  include: [],
  position: ['2026-01-01T08:00:00.123Z', 7],
};

describe('a cursor', () => {
  it('brings back what it holds, whatever that is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 });
    const contents = fc.record({
      page: fc.nat(),
      perPage: fc.nat(),
      sort: text,
      filters: fc.array(fc.tuple(text, text, text)),
      search: fc.option(text),
      fields: fc.option(fc.array(text)),
      include: fc.array(text),
      position: fc.array(fc.oneof(text, fc.integer())),
    });
    fc.assert(
      fc.property(contents, fc.nat(), (held, tenantId) => {
        const cursor = cursors.seal(PARCEL_LIST, { tenantId }, held);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(cursors.open(PARCEL_LIST, { tenantId }, cursor)).toEqual(held);
      }),
    );
  });

  it('opens for its own tenant, list and parent only', () => {
    const within = { sql: 'p.box_id', id: 3 };
    const scopes: ListScope[] = [
      { tenantId: 1 },
      { tenantId: 2 },
      { tenantId: 1, within },
      { tenantId: 1, within: { ...within, id: 4 } },
    ];
    for (const made of scopes) {
      const cursor = cursors.seal(PARCEL_LIST, made, content);
      for (const used of scopes) {
        expect(cursors.open(PARCEL_LIST, used, cursor)).toEqual(made === used ? content : undefined);
      }
      expect(cursors.open({ ...PARCEL_LIST, name: 'letters' }, made, cursor)).toBeUndefined();
    }
  });

  it('does not open when it was changed, cut or made up', () => {
    const cursor = cursors.seal(PARCEL_LIST, { tenantId: 1 }, content);
    const bytes = Buffer.from(cursor, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(cursors.open(PARCEL_LIST, { tenantId: 1 }, changed.toString('base64url'))).toBeUndefined();
      const cut = bytes.subarray(0, index).toString('base64url');
      expect(cursors.open(PARCEL_LIST, { tenantId: 1 }, cut)).toBeUndefined();
    }
    const plain = Buffer.from(JSON.stringify(content)).toString('base64url');
    for (const made of [plain, '', 'x', '%', '{}', 'A'.repeat(12_001), randomBytes(100).toString('base64url')]) {
      expect(cursors.open(PARCEL_LIST, { tenantId: 1 }, made)).toBeUndefined();
    }
  });

  it('is anything but an error when it is any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string({ unit: 'binary' })), (text) => {
        expect(cursors.open(PARCEL_LIST, { tenantId: 1 }, text)).toBeUndefined();
      }),
    );
  });

  it('opens after its key was rotated, as long as that one is known', () => {
    const cursor = cursors.seal(PARCEL_LIST, { tenantId: 1 }, content);
    const rotated = { ENCRYPTION_KEY: key(2), ENCRYPTION_KEY_ID: 'k2' };
    const knowing = cursorsWith({ ...rotated, ENCRYPTION_PREVIOUS_KEYS: `k1:${key(1)}` });
    expect(knowing.open(PARCEL_LIST, { tenantId: 1 }, cursor)).toEqual(content);
    expect(cursorsWith(rotated).open(PARCEL_LIST, { tenantId: 1 }, cursor)).toBeUndefined();
  });

  it('fits into an address with the longest filters and the longest search', () => {
    const longest = cursors.seal(
      PARCEL_LIST,
      { tenantId: 1 },
      { ...content, filters: [['name', '', '漢'.repeat(2000)]] },
    );
    expect(longest.length).toBeLessThan(12_000);
  });
});
