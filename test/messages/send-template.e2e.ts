import * as files from '../../src/media/testing/sample-files.js';
import { TemplateLab } from './template-lab.js';

const body = (text: string) => ({ type: 'BODY', text });
const buttons = (...list: Record<string, unknown>[]) => ({ type: 'BUTTONS', buttons: list });
const text = (value: string) => ({ type: 'text', text: value });

/** Real processes: API, worker, sandbox (which checks every value as WhatsApp does), Postgres, Redis. */
describe('POST /messages/template', () => {
  let lab: TemplateLab;
  beforeAll(async () => {
    lab = await TemplateLab.create([
      { name: 'turned', components: [body('{{2}} for {{1}}, {{1}}')] },
      {
        name: 'named',
        parameter_format: 'NAMED',
        components: [
          { type: 'HEADER', format: 'TEXT', text: 'Order {{number}}' },
          body('{{order_id}} for {{first_name}}, {{order_id}}'),
        ],
      },
      {
        name: 'tracked',
        components: [
          { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
          body('On its way.'),
          buttons(
            { type: 'QUICK_REPLY', text: 'Stop' },
            { type: 'URL', text: 'Track', url: 'https://shop.example.com/t/{{1}}' },
            { type: 'URL', text: 'Shop', url: 'https://shop.example.com' },
          ),
        ],
      },
      { name: 'coupon', components: [body('Save!'), buttons({ type: 'COPY_CODE', text: 'Copy' })] },
      { name: 'survey', components: [body('Tell us.'), buttons({ type: 'FLOW', text: 'Begin' })] },
      { name: 'place', components: [{ type: 'HEADER', format: 'LOCATION' }, body('We are here.')] },
      { name: 'tour', components: [{ type: 'HEADER', format: 'VIDEO' }, body('See.')] },
      { name: 'invoice', components: [{ type: 'HEADER', format: 'DOCUMENT' }, body('Invoice {{1}}')] },
      { name: 'hello', language: 'ar', components: [body('مرحبا {{1}}')] },
    ]);
    await lab.tenant.insertContact({ phone: '201001234567', firstname: 'Mona', lastname: 'Ali' });
  });
  afterAll(() => lab.close());

  it('sends a template with its values, and answers the documented fields', async () => {
    const answer = await lab.send('order_update', { field_1: '@{contact_first_name}', field_2: 'A-77' });
    expect(answer.body).toMatchObject({
      success: true,
      message: 'Template message sent successfully',
      data: {
        message_id: expect.stringMatching(/^wamid\./) as string,
        contact_id: expect.any(Number) as number,
        phone: '201001234567',
        template_name: 'order_update',
        language: 'en_US',
        status: 'sent',
        sent_at: expect.stringMatching(/\+00:00$/) as string,
        chat_id: expect.any(Number) as number,
        chat_message_id: expect.any(Number) as number,
        service_window_expires_at: null,
      },
    });
    expect(await lab.sent(answer)).toEqual({
      name: 'order_update',
      language: { code: 'en_US' },
      components: [{ type: 'body', parameters: [text('Mona'), text('A-77')] }],
    });
    expect(await lab.message(answer)).toMatchObject({
      type: 'template',
      priority: 4,
      body: 'Hello Mona, your order A-77 is on its way.',
    });
  });

  it('sends one without values, and leaves surplus fields aside', async () => {
    const answer = await lab.send('hello', { field_1: 'x', button_0: 'y', header_field_1: 'z' });
    expect(await lab.sent(answer)).toEqual({ name: 'hello', language: { code: 'en_US' } });
  });

  it('takes the language as many write it', async () => {
    const answer = await lab.send('hello', { language: 'en-US' });
    expect(await lab.sent(answer)).toMatchObject({ language: { code: 'en_US' } });
    expect(answer.body.data).toMatchObject({ language: 'en_US' });
    const arabic = await lab.send('hello', { language: 'ar', field_1: 'منى' });
    expect(await lab.sent(arabic)).toMatchObject({ language: { code: 'ar' } });
    expect(await lab.message(arabic)).toMatchObject({ body: 'مرحبا منى' });
  });

  it('gives positional variables the field of their number, wherever they stand', async () => {
    const answer = await lab.send('turned', { field_1: 'one', field_2: 'two' });
    expect(await lab.message(answer)).toMatchObject({ body: 'two for one, one' });
    expect(await lab.sent(answer)).toMatchObject({ components: [{ parameters: [text('one'), text('two')] }] });
  });

  it('gives named variables the fields in the order of their first appearance', async () => {
    const answer = await lab.send('named', { header_field_1: '5', field_1: 'A-77', field_2: 'Mona' });
    expect(await lab.sent(answer)).toMatchObject({
      components: [
        { type: 'header', parameters: [{ ...text('5'), parameter_name: 'number' }] },
        {
          type: 'body',
          parameters: [
            { ...text('A-77'), parameter_name: 'order_id' },
            { ...text('Mona'), parameter_name: 'first_name' },
          ],
        },
      ],
    });
    expect(await lab.message(answer)).toMatchObject({ body: 'A-77 for Mona, A-77' });
  });

  it('fills header and buttons by their place', async () => {
    const answer = await lab.send('tracked', {
      header_field_1: '@{contact_last_name}',
      button_0: 'STOP',
      button_1: 'A-77',
      button_2: 'surplus',
    });
    expect(await lab.sent(answer)).toMatchObject({
      components: [
        { type: 'header', parameters: [text('Ali')] },
        { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'STOP' }] },
        { type: 'button', sub_type: 'url', index: '1', parameters: [text('A-77')] },
      ],
    });
    const without = await lab.send('tracked', { header_field_1: '1', button_1: 'x' });
    expect(JSON.stringify(await lab.sent(without))).not.toContain('quick_reply');
  });

  it('fills buttons that copy a code or open a flow', async () => {
    expect(await lab.sent(await lab.send('coupon', { button_0: '25OFF' }))).toMatchObject({
      components: [{ sub_type: 'copy_code', parameters: [{ type: 'coupon_code', coupon_code: '25OFF' }] }],
    });
    expect(await lab.sent(await lab.send('survey', { button_0: 'token' }))).toMatchObject({
      components: [{ sub_type: 'flow', parameters: [{ type: 'action', action: { flow_token: 'token' } }] }],
    });
    expect(await lab.sent(await lab.send('survey'))).toMatchObject({
      components: [{ sub_type: 'flow', parameters: [{ type: 'action', action: {} }] }],
    });
  });

  it('shows a place in the header', async () => {
    const place = { header_latitude: 30.0444, header_longitude: '31.2357', header_location_name: 'Shop' };
    expect(await lab.sent(await lab.send('place', place))).toMatchObject({
      components: [
        {
          type: 'header',
          parameters: [{ type: 'location', location: { latitude: 30.0444, longitude: 31.2357, name: 'Shop' } }],
        },
      ],
    });
  });

  it.each([
    ['summer_sale', 'header_image_file', 'sale.jpg', 'image/jpeg', () => files.jpeg(), 'image'],
    ['tour', 'header_video_file', 'tour.mp4', 'video/mp4', () => files.mp4(), 'video'],
    ['invoice', 'header_document_file', 'paper.pdf', 'application/pdf', () => files.pdf(), 'document'],
  ] as const)('sends %s with an uploaded %s', async (name, field, filename, type, make, kind) => {
    const answer = await lab.sendForm(name, {
      field_1: 'Mona',
      [field]: { bytes: await make(), name: filename, type },
    });
    const template = await lab.sent(answer);
    expect(template).toMatchObject({
      components: expect.arrayContaining([
        { type: 'header', parameters: [expect.objectContaining({ type: kind })] },
      ]) as unknown,
    });
    const [seen] = await lab.tenant.control.messages(lab.tenant.phoneNumberId, {
      wamid: String(answer.body.data?.message_id),
    });
    expect(seen?.type).toBe('template');
    expect(await lab.message(answer)).toMatchObject({ media_link_id: expect.anything() as unknown });
  });

  it('names a document in the header as it is told to', async () => {
    const answer = await lab.sendForm('invoice', {
      field_1: '77',
      header_document_name: 'Your invoice.pdf',
      header_document_file: { bytes: files.pdf(), name: 'x.pdf', type: 'application/pdf' },
    });
    expect(await lab.sent(answer)).toMatchObject({
      components: [
        { type: 'header', parameters: [{ document: { filename: 'Your invoice.pdf' } }] },
        { type: 'body', parameters: [text('77')] },
      ],
    });
  });

  it('creates the contact with what is given for it, and fills merge fields from that', async () => {
    const phone = '201005550199';
    const answer = await lab.send('order_update', {
      phone,
      field_1: '@{contact_first_name}',
      field_2: '@{contact_phone}',
      contact: { firstname: 'Sara' },
    });
    expect(await lab.sent(answer)).toMatchObject({ components: [{ parameters: [text('Sara'), text(phone)] }] });
  });

  it('goes out although the tenant enforces the service window', async () => {
    const strict = await TemplateLab.create([], { settings: { enforce_service_window: true } });
    await strict.sent(await strict.send('hello'));
    await strict.close();
  });

  it('answers queued at once when asked to', async () => {
    const answer = await lab.send('hello', {}, { prefer: 'respond-async' });
    expect(answer.body.data).toMatchObject({ status: 'queued', message_id: null, template_name: 'hello' });
  });
});

describe('a one-time code in a template', () => {
  let lab: TemplateLab;
  beforeAll(async () => {
    lab = await TemplateLab.create();
  });
  afterAll(() => lab.close());

  it('goes into text and button, leaves first, and is nowhere to be read afterwards', async () => {
    const code = '483927';
    const answer = await lab.send('verification_code', { field_1: code });
    expect(await lab.sent(answer)).toMatchObject({
      components: [
        { type: 'body', parameters: [text(code)] },
        { type: 'button', sub_type: 'url', index: '0', parameters: [text(code)] },
      ],
    });
    const row = await lab.message(answer);
    expect(row).toMatchObject({ priority: 0 });
    expect(row.body).toContain('******');
    expect(row.content).not.toHaveProperty('sealed');
    expect(JSON.stringify(row)).not.toContain(code);
    expect(JSON.stringify(answer.body)).not.toContain(code);
  });

  it('is made when it is asked for', async () => {
    const codes = new Set<string>();
    for (let count = 0; count < 3; count += 1) {
      const template = await lab.sent(await lab.send('verification_code', { auto_generate_otp: true }));
      const [code] = /"\d{6}"/.exec(JSON.stringify(template)) ?? [];
      expect(code).toBeDefined();
      codes.add(String(code));
    }
    expect(codes.size).toBeGreaterThan(1);
  });

  it('stands encrypted in the database while it waits', async () => {
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'error', code: 131057, count: 1 });
    const code = '715243';
    const answer = await lab.send('verification_code', { field_1: code }, { prefer: 'wait=1' });
    const row = await lab.message(answer);
    expect(row).toMatchObject({ status: 'sending', content: { sealed: expect.any(String) as string } });
    expect(JSON.stringify(row)).not.toContain(code);
    // What ends it wipes it, too.
    await lab.tenant.rows(`UPDATE messages SET status = 'expired', next_at = NULL WHERE id = $1`, [row.id]);
    expect((await lab.message(answer)).content).not.toHaveProperty('sealed');
  });
});
