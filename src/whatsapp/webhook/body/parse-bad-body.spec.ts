import fc from 'fast-check';
import { FAULTS_KEPT } from './items.js';
import { parseBody } from './parse-body.js';

const parse = (value: unknown) => parseBody(Buffer.from(JSON.stringify(value)));
const messages = (...list: unknown[]) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: { metadata: { phone_number_id: '2' }, messages: list } }] }],
});
const TEXT = { from: '16505551234', id: 'wamid.A', timestamp: '1749416383', type: 'text', text: { body: 'hi' } };

describe('parseBody of bad bodies', () => {
  it.each(['', '{', '{"entry":', 'null', '[]', '7', '{"object":"whatsapp_business_account"}', '\u0000'])(
    'records %j as one fault',
    (body) => {
      expect(parseBody(Buffer.from(body))).toMatchObject({ items: [], faultCount: 1, faults: [{ kind: 'body' }] });
    },
  );

  it('never quotes the body in a fault', () => {
    const { faults } = parseBody(Buffer.from('{"secret text of a customer'));
    expect(JSON.stringify(faults)).not.toContain('customer');
  });

  it.each([
    ['an object', 'text', 'not an object'],
    ['an id', { ...TEXT, id: undefined }, 'no message id'],
    ['an id that fits', { ...TEXT, id: 'w'.repeat(256) }, 'no message id'],
    ['a sender', { ...TEXT, from: 'Sheena' }, 'neither phone number nor user id of the sender'],
  ])('one message without %s costs only itself', (_, broken, reason) => {
    const { items, faults } = parse(messages(TEXT, broken, { ...TEXT, id: 'w'.repeat(255) }));
    expect(items.map((item) => item.at)).toEqual(['entry.0.changes.0.messages.0', 'entry.0.changes.0.messages.2']);
    expect(faults).toEqual([{ at: 'entry.0.changes.0.messages.1', kind: 'message', reason }]);
  });

  it('survives a message that is nested ten thousand deep', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const body = JSON.stringify(messages(TEXT, { ...TEXT, id: 'wamid.deep', x: 'DEEP' })).replace('"DEEP"', deep);
    const { items, faults } = parseBody(Buffer.from(body));
    expect(items).toHaveLength(1);
    expect(faults).toMatchObject([{ at: 'entry.0.changes.0.messages.1', reason: 'nested too deep' }]);
  });

  it('keeps the first faults and counts all', () => {
    const { faults, faultCount } = parse(messages(...Array<number>(FAULTS_KEPT + 5).fill(0)));
    expect(faults).toHaveLength(FAULTS_KEPT);
    expect(faultCount).toBe(FAULTS_KEPT + 5);
  });

  it('never throws on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseBody(bytes)));
  });

  it('never throws on any JSON in any place, and gives only items that the database can take', () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    const mixed = (record: Record<string, fc.Arbitrary<unknown>>) =>
      fc.oneof({ weight: 5, arbitrary: fc.record(record, { requiredKeys: [] }) }, { weight: 1, arbitrary: anything });
    const message = mixed({
      from: fc.oneof(fc.constant('16505551234'), anything),
      from_user_id: anything,
      id: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('wamid.1')),
      timestamp: fc.oneof(fc.constant('1749416383'), anything),
      type: fc.oneof(fc.constantFrom('text', 'interactive', 'system', '__proto__', 'constructor'), anything),
      text: mixed({ body: fc.string({ unit: 'binary' }) }),
      interactive: anything,
      system: mixed({ type: fc.constant('user_changed_number'), wa_id: anything, user_id: anything }),
      context: anything,
    });
    const status = mixed({
      id: fc.oneof(fc.constant('wamid.2'), anything),
      status: fc.oneof(fc.constantFrom('sent', 'failed'), anything),
      timestamp: anything,
      errors: fc.oneof(fc.array(mixed({ code: fc.oneof(fc.integer(), anything), title: anything })), anything),
      biz_opaque_callback_data: fc.oneof(fc.constant('m=1;a=1'), anything),
    });
    const value = mixed({
      metadata: mixed({ phone_number_id: fc.oneof(fc.constant('1'), anything) }),
      contacts: fc.oneof(fc.array(mixed({ wa_id: anything, profile: mixed({ name: anything }) })), anything),
      messages: fc.oneof(fc.array(message), anything),
      statuses: fc.oneof(fc.array(status), anything),
    });
    const field = fc.constantFrom('messages', 'account_update', 'message_template_status_update', '__proto__', 'x');
    const entry = mixed({
      id: fc.oneof(fc.constant('1'), anything),
      changes: fc.oneof(fc.array(mixed({ field: fc.oneof(field, anything), value })), anything),
    });
    fc.assert(
      fc.property(
        mixed({ object: fc.constant('whatsapp_business_account'), entry: fc.oneof(fc.array(entry), anything) }),
        (body) => {
          for (const item of parse(body).items) {
            const written = JSON.stringify(item);
            expect(written).not.toMatch(/\\u0000|\\ud[89a-f]/i);
            if (item.kind !== 'message') continue;
            expect(item.sender.phone ?? item.sender.userId).toBeTruthy();
            expect(JSON.parse(item.content)).toBeInstanceOf(Object);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
