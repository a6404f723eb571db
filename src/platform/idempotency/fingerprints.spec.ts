import { Settings } from '../config/settings.js';
import { Encryption } from '../crypto/encryption.js';
import { Fingerprints, MAX_VALUES, type RequestFacts } from './fingerprints.js';

const fingerprints = new Fingerprints(
  new Encryption(Object.assign(new Settings(), { ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64') })),
);
const facts = (changes: Partial<RequestFacts> = {}): RequestFacts => ({
  method: 'POST',
  path: '/api/v2/messages/media',
  fields: { phone: '201000000000', contact: { firstname: 'Mona', lastname: 'Ali' }, tags: ['a', 'b'] },
  files: [{ field: 'media_file', name: 'a.jpg', sha256: Buffer.alloc(32, 7) }],
  ...changes,
});
const same = (changes: Partial<RequestFacts>): boolean =>
  fingerprints.matches(fingerprints.of(facts()), facts(changes));

describe('the fingerprint of a request', () => {
  it('is the same in whatever order its fields came', () => {
    const fields = { tags: ['a', 'b'], contact: { lastname: 'Ali', firstname: 'Mona' }, phone: '201000000000' };
    expect(same({ fields })).toBe(true);
  });

  it.each<[string, Partial<RequestFacts>]>([
    ['a path', { path: '/api/v2/messages/media?x=1' }],
    ['a field', { fields: { phone: '201000000001' } }],
    ['a field less', { fields: { phone: '201000000000', tags: ['a', 'b'] } }],
    ['the order of a list', { fields: { ...(facts().fields as object), tags: ['b', 'a'] } }],
    ['a type', { fields: { ...(facts().fields as object), phone: 201000000000 } }],
    ['the content of a file', { files: [{ field: 'media_file', name: 'a.jpg', sha256: Buffer.alloc(32, 8) }] }],
    ['the name of a file', { files: [{ field: 'media_file', name: 'b.jpg', sha256: Buffer.alloc(32, 7) }] }],
    ['no file', { files: [] }],
    ['a fault of the form', { faults: { media_file: ['Only one file may be sent.'] } }],
  ])('is another with another: %s', (_what, changes) => {
    expect(same(changes)).toBe(false);
  });

  it('is no plain hash: another installation has another', () => {
    const other = new Fingerprints(
      new Encryption(Object.assign(new Settings(), { ENCRYPTION_KEY: Buffer.alloc(32, 2).toString('base64') })),
    );
    expect(other.of(facts()).equals(fingerprints.of(facts()))).toBe(false);
  });

  it('takes bodies that are nested as deep as JSON can be', () => {
    const fields: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(fingerprints.of(facts({ fields }))).toHaveLength(32);
  });

  it.each<[string, (count: number) => unknown]>([
    ['members of lists', (count) => ({ list: Array.from({ length: count - 1 }, () => 0) })],
    ['fields', (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 0]))],
  ])('takes so many %s as it can put in order quickly, and refuses more', (_what, fieldsOf) => {
    expect(fingerprints.of(facts({ fields: fieldsOf(MAX_VALUES) }))).toHaveLength(32);
    let thrown: unknown;
    try {
      fingerprints.of(facts({ fields: fieldsOf(MAX_VALUES + 1) }));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ status: 422, details: { body: [expect.stringContaining('50000')] } });
  });
});
