import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Fields } from '../graph/read-params.js';
import { list } from '../testing/callback-receiver.js';
import { AccountDriver, CUSTOMER, errorCode, SandboxDriver, type Answer } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

const text = (value: string): Fields => ({ type: 'text', text: value });
const body = (...values: string[]): Fields => ({ type: 'body', parameters: values.map(text) });
const button = (value: string, subType = 'url', index: string | number = '0'): Fields => ({
  type: 'button',
  sub_type: subType,
  index,
  parameters: [text(value)],
});
const LINK = 'https://files.example.com/a.jpg';
const picture = (kind = 'image'): Fields => ({ type: 'header', parameters: [{ type: kind, [kind]: { link: LINK } }] });

describe('template messages', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    account = await driver.account();
    await account.freeze();
  });

  const send = (name: string, components?: Fields[], language = 'en_US', envelope: Fields = {}): Promise<Answer> =>
    account.send({ type: 'template', template: { name, language: { code: language }, components }, ...envelope });
  const add = (template: Fields): Promise<Fields> =>
    driver.control('POST', `/accounts/${account.wabaId}/templates`, template);
  const setStatus = (name: string, status: string): Promise<Fields> =>
    driver.control('POST', `/accounts/${account.wabaId}/templates/${name}/status`, { status });

  it('are accepted with their status', async () => {
    const answer = await send('hello');
    expect(answer.status).toBe(200);
    expect(list(answer.body['messages'])[0]).toMatchObject({ message_status: 'accepted' });
  });

  it.each<[string, string, Fields[]]>([
    ['two body values', 'order_update', [body('Ana', '77')]],
    ['a picture in the header', 'summer_sale', [picture(), body('Ana')]],
    [
      'a payload for a quick reply, in capitals and with a number as index',
      'summer_sale',
      [
        picture(),
        body('Ana'),
        { type: 'BUTTON', sub_type: 'QUICK_REPLY', index: 0, parameters: [{ type: 'payload', payload: 'STOP' }] },
      ],
    ],
    ['a code of 15 characters, twice', 'verification_code', [body('x'.repeat(15)), button('x'.repeat(15))]],
  ])('go out with %s', async (_what, name, components) => {
    expect(await send(name, components)).toMatchObject({ status: 200 });
  });

  it.each<[string, string, Fields[] | undefined, number]>([
    ['no values', 'order_update', undefined, 132000],
    ['one value too few', 'order_update', [body('Ana')], 132000],
    ['one value too many', 'order_update', [body('Ana', '77', 'x')], 132000],
    ['values nobody asked for', 'hello', [body('Ana')], 132000],
    [
      'a picture as body value',
      'order_update',
      [{ type: 'body', parameters: [text('Ana'), { type: 'image', image: { link: LINK } }] }],
      132012,
    ],
    ['two bodies', 'order_update', [body('Ana', '77'), body('Ana', '77')], 132012],
    ['no picture', 'summer_sale', [body('Ana')], 132012],
    ['a video for a picture', 'summer_sale', [picture('video'), body('Ana')], 132012],
    ['a line break in a value', 'order_update', [body('Ana\nLee', '77')], 132018],
    ['a text that gets over 1,024 characters', 'order_update', [body('x'.repeat(1000), '77')], 132005],
    ['a code of 16 characters', 'verification_code', [body('x'.repeat(16)), button('x'.repeat(16))], 131009],
    ['a code with a space', 'verification_code', [body('12 34'), button('12 34')], 131009],
    ['another code in the button', 'verification_code', [body('123456'), button('654321')], 131009],
    ['no code in the button', 'verification_code', [body('123456')], 131008],
    ['a value for a fixed link', 'summer_sale', [picture(), body('Ana'), button('x', 'url', '1')], 132000],
    ['a button that is not there', 'hello', [button('x')], 132018],
    ['a link where a quick reply is', 'summer_sale', [picture(), body('Ana'), button('x', 'url', '0')], 132012],
  ])('are refused with %s', async (_what, name, components, code) => {
    expect(errorCode(await send(name, components))).toBe(code);
  });

  it('bring one-time codes in the category AUTHENTICATION only', async () => {
    const code = [body('483927'), button('483927', 'otp')];
    expect((await send('verification_code', code)).status).toBe(200);
    await add({
      name: 'not_a_code',
      category: 'UTILITY',
      components: [
        { type: 'BODY', text: '{{1}}' },
        { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copy', url: 'https://shop.example.com/{{1}}' }] },
      ],
    });
    expect(errorCode(await send('not_a_code', code))).toBe(132012);
  });

  it('hand a test the code that the phone shows', async () => {
    await send('hello');
    await send('verification_code', [body('1111'), button('1111')]);
    const wamid = await account.accepted({
      type: 'template',
      template: { name: 'verification_code', language: { code: 'en_US' }, components: [body('Ab12'), button('Ab12')] },
    });
    const codes = (query: string): Promise<Fields> =>
      driver.control('GET', `/codes?phone_number_id=${account.numberId}${query}`);
    expect(await codes('')).toMatchObject({ data: [{ code: '1111' }, { code: 'Ab12' }] });
    expect(await codes(`&wamid=${wamid}`)).toMatchObject({
      data: [{ code: 'Ab12', wamid, to: CUSTOMER.slice(1), text: expect.stringContaining('*Ab12*') as unknown }],
    });
    expect(await codes('&to=15550009999')).toMatchObject({ data: [] });
  });

  it('take values by their number, whatever its place in the text', async () => {
    await add({ name: 'turned', components: [{ type: 'BODY', text: '{{2}} for {{1}}, {{1}}' }] });
    // The first value stands twice, the second and 7 fixed characters once: 2 × 507 + 2 + 7 = 1,023.
    expect((await send('turned', [body('x'.repeat(507), '77')])).status).toBe(200);
    expect(errorCode(await send('turned', [body('x'.repeat(508), '77')]))).toBe(132005);
  });

  it('take a coupon code of up to 15 characters, and nothing else on its button', async () => {
    await add({
      name: 'coupon',
      components: [
        { type: 'BODY', text: 'Save!' },
        { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE', text: 'Copy' }] },
      ],
    });
    const code = (value: string): Fields => ({
      type: 'button',
      sub_type: 'copy_code',
      index: '0',
      parameters: [{ type: 'coupon_code', coupon_code: value }],
    });
    expect((await send('coupon', [code('x'.repeat(15))])).status).toBe(200);
    expect(errorCode(await send('coupon', [code('x'.repeat(16))]))).toBe(132005);
    expect(errorCode(await send('coupon', [button('25OFF', 'copy_code')]))).toBe(132012);
    expect(errorCode(await send('coupon'))).toBe(131008);
  });

  it('take a place in a header for locations, with its coordinates', async () => {
    await add({
      name: 'place',
      components: [
        { type: 'HEADER', format: 'LOCATION' },
        { type: 'BODY', text: 'Here.' },
      ],
    });
    const place = (location: Fields): Fields => ({ type: 'header', parameters: [{ type: 'location', location }] });
    expect((await send('place', [place({ latitude: '30.1', longitude: 31.2, name: 'Shop' })])).status).toBe(200);
    expect(errorCode(await send('place', [place({ latitude: 30.1 })]))).toBe(131008);
    expect(errorCode(await send('place', [place({ latitude: 91, longitude: 31.2 })]))).toBe(131009);
    expect(errorCode(await send('place'))).toBe(132012);
  });

  it('take exactly what fills 1,024 characters', async () => {
    const fixed = 'Hello , your order  is on its way.'.length;
    expect((await send('order_update', [body('x'.repeat(1024 - fixed - 2), '77')])).status).toBe(200);
    expect(errorCode(await send('order_update', [body('x'.repeat(1024 - fixed - 1), '77')]))).toBe(132005);
  });

  it('are refused when unknown, in another language, or not approved (HTTP 404)', async () => {
    for (const [name, language] of [
      ['nothing', 'en_US'],
      ['hello', 'de'],
    ] as const) {
      const answer = await send(name, undefined, language);
      expect([answer.status, errorCode(answer)]).toEqual([404, 132001]);
    }
    for (const status of ['PENDING', 'REJECTED', 'IN_APPEAL', 'ARCHIVED']) {
      await setStatus('hello', status);
      expect(errorCode(await send('hello'))).toBe(132001);
    }
    await setStatus('hello', 'APPROVED');
    expect((await send('hello')).status).toBe(200);
  });

  it('are refused while paused or disabled', async () => {
    expect(errorCode(await send('winter_sale', [body('Ana')]))).toBe(132015);
    await setStatus('winter_sale', 'APPROVED');
    expect((await send('winter_sale', [body('Ana')])).status).toBe(200);
    await setStatus('winter_sale', 'DISABLED');
    expect(errorCode(await send('winter_sale', [body('Ana')]))).toBe(132016);
  });

  it('with named parameters take them in any order, and need every name', async () => {
    await add({
      name: 'named_order',
      parameter_format: 'NAMED',
      components: [{ type: 'BODY', text: 'Hello {{first_name}}, order {{order_id}}, {{first_name}}.' }],
    });
    const named = (...names: string[]): Fields[] => [
      { type: 'body', parameters: names.map((name) => ({ ...text('x'), parameter_name: name })) },
    ];
    expect((await send('named_order', named('order_id', 'first_name'))).status).toBe(200);
    expect(errorCode(await send('named_order', named('order_id', 'order_id')))).toBe(132000);
    expect(errorCode(await send('named_order', named('order_id', 'surname')))).toBe(132012);
    expect(errorCode(await send('named_order', [body('x', 'y')]))).toBe(132012);
    expect(
      errorCode(
        await send('order_update', [{ type: 'body', parameters: [{ ...text('x'), parameter_name: '1' }, text('y')] }]),
      ),
    ).toBe(132012);
  });

  it('never carry a one-time code to a business-scoped user id', async () => {
    const answer = await send('verification_code', [body('1234'), button('1234')], 'en_US', {
      to: undefined,
      recipient: 'US.13491208655302741918',
    });
    expect(errorCode(answer)).toBe(131062);
  });

  it('have ids that stay the same over restarts, and differ between accounts', async () => {
    const idsOf = async (driverOf: SandboxDriver, wabaId: string): Promise<unknown[]> => {
      const { data } = await driverOf.control('GET', `/accounts/${wabaId}/templates`);
      return list(data).map((template) => template['id']);
    };
    const other = await SandboxDriver.start();
    const { waba_id } = await driver.control('GET', '/defaults');
    const ids = await idsOf(driver, String(waba_id));
    expect(await idsOf(other, String(waba_id))).toEqual(ids);
    expect(ids).toHaveLength(5);
    expect(new Set([...ids, ...(await idsOf(driver, account.wabaId))]).size).toBe(10);
    for (const id of ids) expect(Number.isSafeInteger(Number(id))).toBe(true);
    await other.close();
  });

  it('are charged by their category', async () => {
    const answer = await account.send({
      to: CUSTOMER,
      type: 'template',
      template: { name: 'order_update', language: { code: 'en_US' }, components: [body('a', 'b')] },
    });
    const wamid = String(list(answer.body['messages'])[0]?.['id']);
    expect(await account.message(wamid)).toMatchObject({ category: 'utility' });
  });
});
