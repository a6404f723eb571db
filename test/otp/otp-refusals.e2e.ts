import { TestTenant } from '../support/tenant.js';
import { OtpLab, TEMPLATE, told } from './otp-lab.js';

type Json = Record<string, unknown>;

/** What is refused leaves neither a code nor a message behind. */
describe('one-time codes are refused', () => {
  let lab: OtpLab;
  beforeAll(async () => {
    lab = await OtpLab.create();
    const templates = `/accounts/${lab.tenant.wabaId}/templates`;
    const code = { type: 'BODY', text: '{{1}} {{2}} {{3}}' };
    await lab.tenant.control.call('POST', templates, {
      name: 'three_values',
      category: 'AUTHENTICATION',
      components: [code],
    });
    await lab.tenant.control.call('POST', templates, {
      name: 'not_approved',
      category: 'AUTHENTICATION',
      status: 'PENDING',
      components: [code],
    });
    await lab.sync();
  });
  afterAll(() => lab.close());

  const stored = async (of = lab.tenant): Promise<unknown> =>
    (
      await of.rows(
        `SELECT (SELECT count(*)::int FROM one_time_codes WHERE tenant_id = $1) AS codes,
                (SELECT count(*)::int FROM one_time_code_limits WHERE tenant_id = $1) AS limits,
                (SELECT count(*)::int FROM messages WHERE tenant_id = $1) AS messages,
                (SELECT count(*)::int FROM contacts WHERE tenant_id = $1) AS contacts`,
        [of.id],
      )
    )[0];

  /** The fields that a refused send blames. */
  async function blamed(fields: Json): Promise<string[]> {
    const before = await stored();
    const answer = await lab.send({ phone: lab.phone(), ...fields });
    expect(told(answer)).toBe('422 VALIDATION_ERROR');
    expect(await stored()).toEqual(before);
    return Object.keys(answer.body.error?.details ?? {}).sort();
  }

  it.each<[string, Json, string[]]>([
    ['a code of 3', { code: 'abc' }, ['code']],
    ['a code of 16', { code: 'a'.repeat(16) }, ['code']],
    ['an empty code', { code: '' }, ['code']],
    ['a code with an emoji', { code: '12345😀' }, ['code']],
    ['a code with a space', { code: '123 456' }, ['code']],
    ['a code of Arabic letters', { code: 'رمزرمز' }, ['code']],
    ['a code that is a number', { code: 123456 }, ['code']],
    ['an expiry of 0', { expiry_minutes: 0 }, ['expiry_minutes']],
    ['an expiry of 61', { expiry_minutes: 61 }, ['expiry_minutes']],
    ['an expiry of half a minute', { expiry_minutes: 0.5 }, ['expiry_minutes']],
    ['a purpose of 51', { purpose: 'p'.repeat(51) }, ['purpose']],
    ['a phone that is none', { phone: '12' }, ['phone']],
    ['no phone', { phone: undefined }, ['phone']],
    ['no template', { template_name: undefined }, ['template_name']],
    ['a template that is not there', { template_name: 'nothing' }, ['template_name']],
    ['a template that is not approved', { template_name: 'not_approved' }, ['template_name']],
    ['a template of another category', { template_name: 'hello' }, ['template_name']],
    ['a template in another language', { language: 'ar' }, ['language']],
    ['a value too few', { template_name: 'three_values' }, ['additional_params.0']],
    [
      'a value that WhatsApp refuses',
      { template_name: 'three_values', additional_params: ['a\nb'] },
      ['additional_params.0'],
    ],
    ['values that are no list', { additional_params: 'x' }, ['additional_params']],
    ['nine values', { additional_params: Array(9).fill('x') }, ['additional_params']],
    [
      'every wrong field at once',
      { code: 'a', expiry_minutes: 99, template_name: 'nothing' },
      ['code', 'expiry_minutes', 'template_name'],
    ],
  ])('with %s', async (_what, fields, blame) => {
    expect(await blamed(fields)).toEqual(blame);
  });

  it.each<[string, Json]>([
    ['a code of 4', { code: 'Ab12' }],
    ['a code of 15', { code: 'a'.repeat(15) }],
    ['an expiry of 1', { expiry_minutes: 1 }],
    ['an expiry of 60', { expiry_minutes: 60 }],
    ['a purpose of 50', { purpose: '😀'.repeat(50) }],
    ['all it needs', { template_name: 'verification_code', language: 'en-US' }],
  ])('but not with %s', async (_what, fields) => {
    const phone = lab.phone();
    const code = await lab.codeOf(await lab.sent({ phone, ...fields }));
    expect(told(await lab.verify({ phone, code, purpose: fields.purpose }))).toBe('200');
  });

  it.each<[string, Json, string]>([
    ['no code', {}, 'code'],
    ['a code of 3', { code: 'abc' }, 'code'],
    ['a code of 16', { code: 'a'.repeat(16) }, 'code'],
    ['an emoji', { code: '12345😀' }, 'code'],
    ['a purpose of 51', { code: '1234', purpose: 'p'.repeat(51) }, 'purpose'],
    ['a phone that is none', { code: '1234', phone: 'x' }, 'phone'],
  ])('to be verified with %s', async (_what, fields, blame) => {
    const answer = await lab.verify({ phone: '201000000000', ...fields });
    expect(told(answer)).toBe('422 VALIDATION_ERROR');
    expect(Object.keys(answer.body.error?.details ?? {})).toEqual([blame]);
    // A code is never said back.
    expect(JSON.stringify(answer.body)).not.toContain('12345');
  });

  it('to be verified when none was sent, or for another purpose', async () => {
    const phone = lab.phone();
    expect(told(await lab.verify({ phone, code: '1234' }))).toBe('422 OTP_NOT_FOUND');
    await lab.sent({ phone, code: '1234', purpose: 'login' });
    expect(told(await lab.verify({ phone, code: '1234' }))).toBe('422 OTP_NOT_FOUND');
    expect((await lab.status({ phone })).body.data).toMatchObject({ has_active_otp: false });
  });

  it('for people who want no messages, without the scope, the plan or a number', async () => {
    const phone = lab.phone();
    await lab.tenant.insertContact({ phone, is_opted_out: true });
    const before = await stored();
    expect(told(await lab.send({ phone }))).toBe('403 CONTACT_OPTED_OUT');
    expect(told(await lab.resend({ phone }))).toBe('403 CONTACT_OPTED_OUT');
    expect(told(await lab.send({ phone: lab.phone(), contact_id: 2_000_000_000 }))).toBe('404 NOT_FOUND');
    expect(await stored()).toEqual(before);

    const reader = await TestTenant.create({ scopes: ['messages:read'], withoutNumber: true });
    for (const path of ['send-otp', 'resend', 'verify', 'status']) {
      const answer = await reader.api.json('POST', `auth/${path}`, { phone, ...TEMPLATE, code: '1234' });
      expect([answer.status, answer.body.error?.details]).toEqual([403, { required: ['messages:send'] }]);
    }
    expect((await reader.api.request('GET', '/api/v2/auth/templates')).body.error?.details).toEqual({
      required: ['templates:read'],
    });
    await reader.close();

    const bare = await OtpLab.create({ withoutNumber: true });
    expect(told(await bare.send({ phone }))).toBe('422 WHATSAPP_NOT_CONFIGURED');
    await bare.close();

    const full = await OtpLab.create({ limits: { contacts: 0 } });
    expect(await full.send({ phone })).toMatchObject({
      status: 403,
      body: { error: { code: 'FEATURE_LIMIT_EXCEEDED', details: { feature: 'contacts' } } },
    });
    await full.tenant.rows(
      `UPDATE plans SET features = '{"api_access": true}' WHERE id = (SELECT plan_id FROM tenants WHERE id = $1)`,
      [full.tenant.id],
    );
    expect(await full.send({ phone })).toMatchObject({
      status: 403,
      body: { error: { code: 'FEATURE_NOT_AVAILABLE', details: { feature: 'whatsapp_templates' } } },
    });
    expect(await stored(full.tenant)).toEqual({ codes: 0, limits: 0, messages: 0, contacts: 0 });
    await full.close();
  });
});
