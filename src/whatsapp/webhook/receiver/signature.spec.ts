import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { isSameSecret, isSignedBy } from './signature.js';

const SECRET = 'test_app_secret';
const EMPTY = '{"object":"whatsapp_business_account","entry":[]}';
const ESCAPED = String.raw`{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages","value":{"text":"caf\u00e9 \ud83d\udc4d"}}]}]}`;
const EMPTY_DIGEST = 'dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756';
const ESCAPED_DIGEST = 'e86fa5480a7e900eba4e5b74e5d5d653e56d9b6fc7295bc292cd6f9d0d9b053d';

describe('isSignedBy', () => {
  it('accepts the published vector of a plain body', () => {
    expect(isSignedBy(SECRET, Buffer.from(EMPTY), `sha256=${EMPTY_DIGEST}`)).toBe(true);
  });

  it('accepts the published vector of a body with Unicode escapes, and refuses the same body written again', () => {
    const rewritten = JSON.stringify(JSON.parse(ESCAPED));
    expect(rewritten).toContain('café');
    expect(createHmac('sha256', SECRET).update(rewritten).digest('hex')).toMatch(/^6398665094ba/);
    expect(isSignedBy(SECRET, Buffer.from(ESCAPED), `sha256=${ESCAPED_DIGEST}`)).toBe(true);
    expect(isSignedBy(SECRET, Buffer.from(rewritten), `sha256=${ESCAPED_DIGEST}`)).toBe(false);
  });

  it.each([
    ['no prefix', EMPTY_DIGEST],
    ['another algorithm', `sha1=${EMPTY_DIGEST}`],
    ['upper case', `sha256=${EMPTY_DIGEST.toUpperCase()}`],
    ['one digit short', `sha256=${EMPTY_DIGEST.slice(1)}`],
    ['one digit more', `sha256=${EMPTY_DIGEST}0`],
    ['not hexadecimal', `sha256=${'g'.repeat(64)}`],
    ['a line break behind it', `sha256=${EMPTY_DIGEST}\n`],
    ['two signatures', `sha256=${EMPTY_DIGEST}, sha256=${EMPTY_DIGEST}`],
    ['nothing', ''],
  ])('refuses a header with %s', (_, header) => {
    expect(isSignedBy(SECRET, Buffer.from(EMPTY), header)).toBe(false);
  });

  it('refuses any other bytes and any other secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ minLength: 1 }), (bytes, secret) => {
        const body = Buffer.from(bytes);
        const header = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
        expect(isSignedBy(secret, body, header)).toBe(true);
        expect(isSignedBy(`${secret}x`, body, header)).toBe(false);
        expect(isSignedBy(secret, Buffer.concat([body, Buffer.from(' ')]), header)).toBe(false);
      }),
    );
  });
});

describe('isSameSecret', () => {
  it('tells equal secrets from others of the same or another length', () => {
    expect(isSameSecret('verify-me', 'verify-me')).toBe(true);
    expect(isSameSecret('verify-me', 'verify-mf')).toBe(false);
    expect(isSameSecret('verify-me', 'verify')).toBe(false);
  });
});
