import { NO_PAIR_LIMIT } from '../support/tenant.js';
import { OtpLab, told } from './otp-lab.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string;
const NUMBER = expect.any(Number) as number;

/** Real processes: API, worker, sandbox (which checks codes as WhatsApp does), Postgres, Redis. */
describe('one-time codes', () => {
  let lab: OtpLab;
  beforeAll(async () => {
    lab = await OtpLab.create();
    await lab.tenant.control.call('POST', `/accounts/${lab.tenant.wabaId}/templates`, {
      name: 'wordy_code',
      category: 'AUTHENTICATION',
      components: [
        { type: 'BODY', text: '{{1}} is good for {{2}} minutes at {{3}}.' },
        {
          type: 'BUTTONS',
          buttons: [{ type: 'URL', text: 'Copy', url: 'https://www.whatsapp.com/otp/code/?code=otp{{1}}' }],
        },
      ],
    });
    await lab.sync();
  });
  afterAll(() => lab.close());

  it('go from send to verification, with the documented fields', async () => {
    const phone = lab.phone();
    const written = `+20 (10) ${phone.slice(4)}`;
    const sent = await lab.sent({ phone: written, purpose: 'login', expiry_minutes: 15 });
    expect(sent.body.message).toBe('OTP sent successfully');
    expect(sent.body.data).toEqual({
      message_id: expect.stringMatching(/^wamid\./) as string,
      contact_id: NUMBER,
      phone,
      template_name: 'verification_code',
      language: 'en_US',
      code_sent: true,
      expiry_minutes: 15,
      expires_at: TIME,
      status: 'sent',
      sent_at: TIME,
      chat_id: NUMBER,
      chat_message_id: NUMBER,
      service_window_expires_at: null,
    });
    const code = await lab.codeOf(sent);
    expect(code).toMatch(/^\d{6}$/);

    const active = await lab.status({ phone, purpose: 'login' });
    expect(active.body).toMatchObject({
      success: true,
      message: 'OTP status retrieved successfully',
      data: {
        has_active_otp: true,
        expires_at: sent.body.data?.expires_at as string,
        is_expired: false,
        verification_attempts: 0,
        max_attempts: 5,
        attempts_remaining: 5,
        created_at: TIME,
      },
    });
    const seconds = Number(active.body.data?.expires_in_seconds);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(900);

    const verified = await lab.verify({ phone: written, purpose: 'login', code });
    expect(verified).toMatchObject({
      status: 200,
      body: {
        success: true,
        message: 'OTP verified successfully',
        data: { phone, purpose: 'login', verified_at: TIME },
      },
    });
    expect((await lab.status({ phone, purpose: 'login' })).body.data).toEqual({
      has_active_otp: false,
      message: 'No one-time code is active for this phone and purpose',
    });
    expect(told(await lab.verify({ phone, purpose: 'login', code }))).toBe('422 OTP_NOT_FOUND');
  });

  it('bring the code in text and button, its minutes and further values; the list of messages shows a mask', async () => {
    const phone = lab.phone();
    const sent = await lab.sent({
      phone,
      code: 'Ab3dEf9',
      template_name: 'wordy_code',
      additional_params: ['Blue Shop'],
    });
    const [shown] = await lab.tenant.control.codes(lab.tenant.phoneNumberId, {
      wamid: String(sent.body.data?.message_id),
    });
    expect(shown).toMatchObject({ code: 'Ab3dEf9', text: 'Ab3dEf9 is good for 10 minutes at Blue Shop.', to: phone });
    const message = await lab.tenant.api.getMessage(Number(sent.body.data?.chat_message_id));
    expect(JSON.stringify(message.body)).toContain('****** is good for 10 minutes at Blue Shop.');
    // Upper and lower case differ; the purpose is `authentication` for who names none.
    expect(told(await lab.verify({ phone, code: 'ab3def9' }))).toBe('422 INVALID_CODE');
    expect(told(await lab.verify({ phone, code: 'Ab3dEf9', purpose: 'authentication' }))).toBe('200');
  });

  it('make the contact that is not there yet, and use the one that is', async () => {
    const phone = lab.phone();
    const first = await lab.sent({ phone, contact: { firstname: 'Sara' } });
    const contacts = await lab.tenant.rows(
      'SELECT id, type, firstname FROM contacts WHERE tenant_id = $1 AND phone = $2',
      [lab.tenant.id, phone],
    );
    expect(contacts).toEqual([{ id: first.body.data?.contact_id, type: 'lead', firstname: 'Sara' }]);
    const contactId = first.body.data?.contact_id;
    expect((await lab.sent({ phone, contact_id: contactId })).body.data).toMatchObject({ contact_id: contactId });
  });

  it('that are sent again take the place of the one before at once', async () => {
    const phone = lab.phone();
    await lab.sent({ phone, code: '135790', expiry_minutes: 60 });
    const again = await lab.resend({ phone });
    expect(again.body).toMatchObject({
      message: 'OTP sent successfully',
      data: { code_sent: true, expiry_minutes: 10 },
    });
    expect(await lab.verify({ phone, code: '135790' })).toMatchObject({
      status: 422,
      body: { error: { code: 'INVALID_CODE', details: { attempts_remaining: 4 } } },
    });
    const code = await lab.codeOf(again);
    expect(code).toMatch(/^\d{6}$/);
    expect(told(await lab.verify({ phone, code }))).toBe('200');
    // Attempts and expiry began anew with it, and a code of one's own is not taken.
    expect(await lab.codeOf(await lab.resend({ phone, code: '246802' }))).not.toBe('246802');
  });

  it('of another purpose, phone or tenant are no matter of this one', async () => {
    const other = await OtpLab.create({ sandboxNumber: NO_PAIR_LIMIT });
    const [phone, second] = [lab.phone(), lab.phone()];
    await lab.sent({ phone, code: '1111', purpose: 'login' });
    await lab.sent({ phone, code: '2222', purpose: 'payment' });
    await lab.sent({ phone: second, code: '3333', purpose: 'login' });
    await other.sent({ phone, code: '4444', purpose: 'login' });
    expect(told(await lab.verify({ phone, code: '2222', purpose: 'login' }))).toBe('422 INVALID_CODE');
    expect(told(await lab.verify({ phone, code: '4444', purpose: 'login' }))).toBe('422 INVALID_CODE');
    expect(told(await other.verify({ phone: second, code: '3333', purpose: 'login' }))).toBe('422 OTP_NOT_FOUND');
    expect((await lab.status({ phone, purpose: 'payment' })).body.data).toMatchObject({ verification_attempts: 0 });
    expect((await other.status({ phone, purpose: 'login' })).body.data).toMatchObject({ verification_attempts: 0 });
    expect(told(await lab.verify({ phone, code: '1111', purpose: 'login' }))).toBe('200');
    expect(told(await lab.verify({ phone, code: '2222', purpose: 'payment' }))).toBe('200');
    expect(told(await lab.verify({ phone: second, code: '3333', purpose: 'login' }))).toBe('200');
    expect(told(await other.verify({ phone, code: '4444', purpose: 'login' }))).toBe('200');
    await other.close();
  });

  it('are good until they expire, and shown for a while after', async () => {
    const phone = lab.phone();
    await lab.sent({ phone, code: '987654', expiry_minutes: 1 });
    await lab.later(phone, 30);
    expect(told(await lab.verify({ phone, code: '000000' }))).toBe('422 INVALID_CODE');
    await lab.later(phone, 31);
    expect(told(await lab.verify({ phone, code: '987654' }))).toBe('422 OTP_EXPIRED');
    const { data } = (await lab.status({ phone })).body;
    expect(data).toMatchObject({ has_active_otp: true, is_expired: true, verification_attempts: 1 });
    expect(data?.expires_in_seconds).toBeLessThan(0);
    await lab.sent({ phone, code: '987654' });
    expect(told(await lab.verify({ phone, code: '987654' }))).toBe('200');
  });

  it('have the length and the attempts that the operator gives the tenant', async () => {
    const strict = await OtpLab.create();
    await strict.tenant.rows('UPDATE tenants SET otp_max_attempts = 2, otp_code_length = 15 WHERE id = $1', [
      strict.tenant.id,
    ]);
    const phone = strict.phone();
    const code = await strict.codeOf(await strict.sent({ phone }));
    expect(code).toMatch(/^\d{15}$/);
    expect((await strict.verify({ phone, code: '0000' })).body.error?.details).toEqual({ attempts_remaining: 1 });
    expect((await strict.verify({ phone, code: '0000' })).body.error?.details).toEqual({ attempts_remaining: 0 });
    expect(told(await strict.verify({ phone, code }))).toBe('422 MAX_ATTEMPTS_EXCEEDED');
    await strict.close();
  });

  it('go by templates that are listed for them', async () => {
    const templates = (query = '') => lab.tenant.api.request('GET', `/api/v2/auth/templates${query}`);
    const { status, body } = await templates();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      message: 'Authentication templates retrieved successfully',
      meta: { pagination: { total: 2 } },
    });
    expect(body.data).toEqual([
      {
        id: NUMBER,
        template_name: 'verification_code',
        language: 'en_US',
        body_text: '*{{1}}* is your verification code. For your security, do not share this code.',
        body_params_count: 1,
        header_format: 'NONE',
        header_text: null,
        footer_text: null,
        status: 'APPROVED',
        created_at: TIME,
      },
      expect.objectContaining({ template_name: 'wordy_code', body_params_count: 3 }),
    ]);
    const names = async (query: string) =>
      ((await templates(query)).body.data as unknown as { template_name: string }[]).map((one) => one.template_name);
    expect(await names('?search=good%20for')).toEqual(['wordy_code']);
    expect(await names('?sort=-template_name&fields=template_name')).toEqual(['wordy_code', 'verification_code']);
    expect(await names('?filter[language]=en-US&filter[template_name]=verification_code')).toEqual([
      'verification_code',
    ]);
    expect(told(await templates('?filter[status]=PENDING'))).toBe('422 VALIDATION_ERROR');
  });
});
