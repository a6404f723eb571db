import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { TestTenant } from '../support/tenant.js';
import { refused } from './refusals.js';
import { TemplateLab } from './template-lab.js';

const body = (text: string) => ({ type: 'BODY', text });
const IMAGE = { type: 'HEADER', format: 'IMAGE' };

/** Real processes: API, worker, sandbox, Postgres, Redis. Of what is refused nothing stays. */
describe('POST /messages/template refuses', () => {
  let lab: TemplateLab;
  let stranger: TemplateLab;
  beforeAll(async () => {
    [lab, stranger] = await Promise.all([
      TemplateLab.create([
        { name: 'long', components: [body('{{1}} and {{2}}')] },
        { name: 'titled', components: [{ type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' }, body('Hi')] },
        {
          name: 'tracked',
          components: [
            body('On its way.'),
            {
              type: 'BUTTONS',
              buttons: [
                { type: 'QUICK_REPLY', text: 'Stop' },
                { type: 'URL', text: 'Track', url: 'https://shop.example.com/{{1}}' },
                { type: 'COPY_CODE', text: 'Copy' },
              ],
            },
          ],
        },
        { name: 'place', components: [{ type: 'HEADER', format: 'LOCATION' }, body('Here.')] },
        { name: 'pictured', components: [IMAGE, body('Look')] },
        { name: 'eleven', components: [body(Array.from({ length: 11 }, (_, i) => `{{${i + 1}}}`).join(' '))] },
        { name: 'waiting', components: [body('Hi')], status: 'PENDING' },
        { name: 'many', language: 'ar', components: [body('Hi')] },
        { name: 'many', language: 'de', components: [body('Hi')] },
      ]),
      TemplateLab.create([{ name: 'only_theirs', components: [body('Hi')] }]),
    ]);
    await lab.tenant.insertContact({ phone: '201001234567', firstname: 'Mona' });
  });
  afterAll(() => Promise.all([lab.close(), stranger.close()]));

  const faults = (answer: ApiAnswer): Record<string, unknown> => {
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
    return answer.body.error?.details ?? {};
  };
  const wrong = async (name: string, fields: Record<string, unknown> = {}): Promise<string[]> =>
    Object.keys(faults(await refused(lab.tenant, () => lab.send(name, fields)))).sort();
  const wrongForm = async (name: string, fields: FormFields): Promise<string[]> =>
    Object.keys(faults(await refused(lab.tenant, () => lab.sendForm(name, fields)))).sort();

  it.each<[string, string, Record<string, unknown>, string[]]>([
    ['no value for the text', 'long', {}, ['field_1', 'field_2']],
    ['one value too few', 'long', { field_1: 'a' }, ['field_2']],
    ['an empty value', 'long', { field_1: '', field_2: 'b' }, ['field_1']],
    ['a value that is no text', 'long', { field_1: 7, field_2: ['b'] }, ['field_1', 'field_2']],
    ['no value for the header', 'titled', {}, ['header_field_1']],
    ['no values for its buttons', 'tracked', { button_0: 'x' }, ['button_1', 'button_2']],
    ['no place', 'place', {}, ['header_latitude', 'header_longitude']],
    [
      'a place that is nowhere',
      'place',
      { header_latitude: 91, header_longitude: '181' },
      ['header_latitude', 'header_longitude'],
    ],
    [
      'a place that is no number',
      'place',
      { header_latitude: '+30.1', header_longitude: true },
      ['header_latitude', 'header_longitude'],
    ],
    ['no picture', 'pictured', {}, ['header_image_url']],
    ['a video for a picture', 'pictured', { header_video_url: 'https://example.com/a.mp4' }, ['header_image_url']],
    ['an address that is none', 'pictured', { header_image_url: 'x' }, ['header_image_url']],
    ['a private address', 'pictured', { header_image_url: 'http://10.0.0.1/a.jpg' }, ['header_image_url']],
    ['more variables than there are fields', 'eleven', {}, ['template_name']],
    [
      'a code for a template without',
      'long',
      { field_1: 'a', field_2: 'b', auto_generate_otp: true },
      ['auto_generate_otp'],
    ],
    [
      'a code in a field that is not there',
      'verification_code',
      { auto_generate_otp: true, otp_field_number: 2 },
      ['field_1', 'otp_field_number'],
    ],
    [
      'a number of a field that does not exist',
      'verification_code',
      { field_1: '1', otp_field_number: 11 },
      ['otp_field_number'],
    ],
    ['a code with a space', 'verification_code', { field_1: '12 34' }, ['field_1']],
    [
      'everything at once',
      'long',
      { phone: 'x', contact: { email: 'y' }, otp_field_number: 'z' },
      ['contact.email', 'field_1', 'field_2', 'otp_field_number', 'phone'],
    ],
  ])('%s', async (_what, name, fields, expected) => {
    expect(await wrong(name, fields)).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no_such_template', {}, 'template_name'],
    ['only_theirs', {}, 'template_name'],
    ['waiting', {}, 'template_name'],
    ['winter_sale', { field_1: 'a' }, 'template_name'],
    ['hello', { language: 'de' }, 'language'],
    ['hello', { language: 'x'.repeat(10) }, 'language'],
    ['hello', { language: 'x'.repeat(11) }, 'language'],
    ['hello', { language: '' }, 'language'],
    ['', {}, 'template_name'],
    ['x'.repeat(513), {}, 'template_name'],
    ['hello', { from: '123456' }, 'from'],
    ['hello', { from: 'x' }, 'from'],
  ])('the template %j with %j', async (name, fields, field) => {
    expect(await wrong(name, fields)).toEqual([field]);
  });

  it('a language that does not exist, and names those that do', async () => {
    const answer = await lab.send('many');
    expect(faults(answer)).toEqual({ language: ['The template does not exist in this language, but in ar, de.'] });
  });

  it('a number of another tenant', async () => {
    expect(await wrong('hello', { from: stranger.tenant.phoneNumberId })).toEqual(['from']);
  });

  it('texts beyond their limits, with their values in them; emoji count once', async () => {
    // ' and ' has 5 characters: 1,019 are left.
    const emoji = (count: number) => '👍'.repeat(count);
    await lab.sent(await lab.send('long', { field_1: emoji(1000), field_2: 'ي'.repeat(19) }));
    expect(await wrong('long', { field_1: emoji(1000), field_2: 'ي'.repeat(20) })).toEqual(['field_1']);
    await lab.sent(await lab.send('titled', { header_field_1: emoji(54) }));
    expect(await wrong('titled', { header_field_1: emoji(55) })).toEqual(['header_field_1']);
    const base = 'https://shop.example.com/'.length;
    await lab.sent(await lab.send('tracked', { button_1: 'x'.repeat(2000 - base), button_2: 'x'.repeat(15) }));
    expect(await wrong('tracked', { button_1: 'x'.repeat(2001 - base), button_2: 'x'.repeat(15) })).toEqual([
      'button_1',
    ]);
    expect(await wrong('tracked', { button_1: 'x', button_2: 'x'.repeat(16) })).toEqual(['button_2']);
    const payload = { button_1: 'x', button_2: 'x' };
    await lab.sent(await lab.send('tracked', { ...payload, button_0: 'x'.repeat(256) }));
    expect(await wrong('tracked', { ...payload, button_0: 'x'.repeat(257) })).toEqual(['button_0']);
    await lab.sent(await lab.send('verification_code', { field_1: 'x'.repeat(15) }));
    expect(await wrong('verification_code', { field_1: 'x'.repeat(16) })).toEqual(['field_1']);
  });

  it('what merging makes wrong: nothing at all, or too much', async () => {
    expect(await wrong('long', { field_1: '@{contact_email}', field_2: 'b' })).toEqual(['field_1']);
    const nearly = `${'x'.repeat(1015)}@{contact_first_name}`;
    await lab.sent(await lab.send('long', { field_1: nearly.slice(1), field_2: 'b' }));
    expect(await wrong('long', { field_1: nearly, field_2: 'b' })).toEqual(['field_1']);
  });

  it.each(['a\nb', 'a\tb', 'a     b'])('the value %j, as WhatsApp would', async (field_1) => {
    expect(await wrong('long', { field_1, field_2: 'b' })).toEqual(['field_1']);
  });

  it('four spaces in a row: not these', async () => {
    await lab.sent(await lab.send('long', { field_1: 'a    b', field_2: 'b' }));
  });

  it('files that do not fit', async () => {
    const jpeg = { bytes: await files.jpeg(), name: 'a.jpg', type: 'image/jpeg' };
    const pdf = { bytes: files.pdf(), name: 'a.pdf', type: 'application/pdf' };
    expect(await wrongForm('pictured', { header_image_file: pdf })).toEqual(['header_image_file']);
    expect(await wrongForm('pictured', { header_image_file: 'no file' })).toEqual(['header_image_file']);
    expect(await wrongForm('pictured', { header_video_file: jpeg })).toEqual(['header_image_url']);
    expect(await wrongForm('pictured', { media_file: jpeg })).toEqual(['header_image_url', 'media_file']);
    expect(await wrongForm('pictured', { header_image_file: [jpeg, jpeg] })).toEqual(['header_image_file']);
    expect(
      await wrongForm('pictured', { header_image_file: jpeg, header_image_url: 'https://example.com/a.jpg' }),
    ).toEqual(['header_image_url']);
    const big = { ...jpeg, bytes: Buffer.concat([jpeg.bytes, Buffer.alloc(5 * 1024 * 1024)]) };
    expect(await wrongForm('pictured', { header_image_file: big })).toEqual(['header_image_file']);
  });

  it('what is refused of every send: unknown contacts, opted-out ones, plans without room or templates', async () => {
    const code = async (of: TemplateLab, fields: Record<string, unknown>): Promise<unknown> => {
      const answer = await refused(of.tenant, () => of.send('hello', fields));
      return [answer.status, answer.body.error?.code];
    };
    expect(await code(lab, { contact_id: 2_147_483_647 })).toEqual([404, 'NOT_FOUND']);
    expect(await code(lab, { contact_id: 999_999_999_999 })).toEqual([404, 'NOT_FOUND']);
    const contactId = await stranger.tenant.insertContact({ phone: '201007770001' });
    expect(await code(lab, { contact_id: contactId })).toEqual([404, 'NOT_FOUND']);
    await lab.tenant.insertContact({ phone: '201007770002', is_opted_out: true });
    expect(await code(lab, { phone: '201007770002' })).toEqual([403, 'CONTACT_OPTED_OUT']);
    const full = await TemplateLab.create([], { limits: { contacts: 0 } });
    expect(await code(full, {})).toEqual([403, 'FEATURE_LIMIT_EXCEEDED']);
    await full.tenant.rows(
      `UPDATE plans SET features = '{}', limit_contacts = -1
        WHERE id = (SELECT plan_id FROM tenants WHERE id = $1)`,
      [full.tenant.id],
    );
    expect(await code(full, {})).toEqual([403, 'FEATURE_NOT_AVAILABLE']);
    await full.close();
  });

  it('marketing to somebody who has stopped it, and nothing else to him', async () => {
    const phone = '201007770003';
    const contactId = await lab.tenant.insertContact({ phone });
    await lab.tenant.rows('UPDATE contacts SET marketing_stopped = true WHERE id = $1', [contactId]);
    await lab.add({ name: 'offer', category: 'MARKETING', components: [body('Buy!')] });
    const answer = await refused(lab.tenant, () => lab.send('offer', { phone }));
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'CONTACT_OPTED_OUT' } } });
    await lab.sent(await lab.send('hello', { phone }));
  });

  it('everything when no number is connected', async () => {
    const unconnected = await TestTenant.create({ withoutNumber: true });
    const answer = await refused(unconnected, () =>
      unconnected.api.request('POST', '/api/v2/messages/template', {
        body: JSON.stringify({ phone: '201001234567', template_name: 'hello', language: 'en_US' }),
        headers: { 'content-type': 'application/json' },
      }),
    );
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'WHATSAPP_NOT_CONFIGURED' } } });
    await unconnected.close();
  });

  it('tokens without messages:send', async () => {
    const reader = await TestTenant.create({ scopes: ['messages:read', 'templates:read'] });
    const answer = await reader.api.postForm('/api/v2/messages/template', { phone: '201001234567' });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'INSUFFICIENT_SCOPE' } } });
    await reader.close();
  });
});
