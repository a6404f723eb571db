import { describe, expect, it } from '@jest/globals';
import { escapeNonAscii, signBody } from './signature.js';

const SECRET = 'test_app_secret';

describe('webhook signature', () => {
  it('signs the bytes of an empty body list', () => {
    const body = Buffer.from('{"object":"whatsapp_business_account","entry":[]}');
    expect(signBody(body, SECRET)).toBe('sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756');
  });

  it('signs é and 👍 as \\u escapes', () => {
    const json = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: '0', changes: [{ field: 'messages', value: { text: 'café 👍' } }] }],
    });
    const escaped = escapeNonAscii(json);
    expect(escaped).toContain('"caf\\u00e9 \\ud83d\\udc4d"');
    expect(JSON.parse(escaped)).toEqual(JSON.parse(json));
    expect(signBody(Buffer.from(escaped), SECRET)).toBe(
      'sha256=e86fa5480a7e900eba4e5b74e5d5d653e56d9b6fc7295bc292cd6f9d0d9b053d',
    );
    expect(signBody(Buffer.from(json), SECRET)).toMatch(/^sha256=6398665094ba/);
  });

  it('leaves ASCII and JSON escapes as they are', () => {
    const json = JSON.stringify({ text: 'a "quoted" \\ line\nand a / slash' });
    expect(escapeNonAscii(json)).toBe(json);
  });
});
