import type { ReportedParts } from '../body/items.js';
import { editedComponents } from './edited-components.js';

const BODY = { type: 'BODY', text: 'Hi {{1}}', example: { body_text: [['Mona']] } };
const parts = (fields: Partial<ReportedParts> = {}): ReportedParts => ({
  header: null,
  body: 'Hello {{1}}',
  footer: null,
  buttons: null,
  ...fields,
});
const button = (type: string, fields: { text?: string; url?: string; phoneNumber?: string } = {}) => ({
  type,
  text: fields.text ?? type,
  url: fields.url ?? null,
  phoneNumber: fields.phoneNumber ?? null,
});

describe('the components of an edited template', () => {
  it('have the new words, and keep what the report does not tell', () => {
    const stored = [
      { type: 'HEADER', format: 'TEXT', text: 'Old', example: { header_text: ['x'] } },
      { ...BODY, add_security_recommendation: true },
      { type: 'FOOTER', text: 'Old' },
      { type: 'CAROUSEL', cards: [] },
    ];
    expect(editedComponents(stored, parts({ header: 'New', footer: 'New' }))).toEqual([
      { type: 'HEADER', format: 'TEXT', text: 'New', example: { header_text: ['x'] } },
      { ...BODY, text: 'Hello {{1}}', add_security_recommendation: true },
      { type: 'FOOTER', text: 'New' },
      { type: 'CAROUSEL', cards: [] },
    ]);
  });

  it('lose a text header and a footer that are reported no more, but no picture and no minutes', () => {
    const words = [{ type: 'header', text: 'Old' }, BODY, { type: 'FOOTER', text: 'Old' }];
    expect(editedComponents(words, parts())).toEqual([{ ...BODY, text: 'Hello {{1}}' }]);
    const picture = { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['h'] } };
    const minutes = { type: 'FOOTER', code_expiration_minutes: 5 };
    expect(editedComponents([picture, BODY, minutes], parts())).toEqual([
      picture,
      { ...BODY, text: 'Hello {{1}}' },
      minutes,
    ]);
  });

  it('have a text header in place of a picture', () => {
    const picture = { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['h'] } };
    expect(editedComponents([picture, BODY], parts({ header: 'New' }))[0]).toEqual({
      type: 'HEADER',
      format: 'TEXT',
      text: 'New',
    });
  });

  it('have the reported buttons in their order, each with what the stored one had besides', () => {
    const stored = [
      BODY,
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'URL', text: 'A', url: 'https://a.example/{{1}}', example: ['a'] },
          { type: 'QUICK_REPLY', text: 'Stop' },
          { type: 'OTP', text: 'Copy', otp_type: 'COPY_CODE' },
          { type: 'URL', text: 'B', url: 'https://b.example/' },
        ],
      },
    ];
    const buttons = [
      button('OTP', { text: 'Copy it' }),
      button('URL', { text: 'A!', url: 'https://a2.example/{{1}}' }),
      button('PHONE_NUMBER', { text: 'Call', phoneNumber: '+15550783881' }),
      button('URL', { text: 'B' }),
    ];
    expect(editedComponents(stored, parts({ buttons }))[1]).toEqual({
      type: 'BUTTONS',
      buttons: [
        { type: 'OTP', text: 'Copy it', otp_type: 'COPY_CODE' },
        { type: 'URL', text: 'A!', url: 'https://a2.example/{{1}}', example: ['a'] },
        { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550783881' },
        { type: 'URL', text: 'B', url: 'https://b.example/' },
      ],
    });
  });

  it('lose buttons that open something when none are reported, and keep the others', () => {
    const quick = { type: 'QUICK_REPLY', text: 'Stop' };
    const link = { type: 'URL', text: 'A', url: 'https://a.example/' };
    const withButtons = (...buttons: object[]) => editedComponents([BODY, { type: 'BUTTONS', buttons }], parts());
    expect(withButtons(link, quick)[1]).toEqual({ type: 'BUTTONS', buttons: [quick] });
    expect(withButtons(link)).toHaveLength(1);
    expect(editedComponents([BODY], parts({ buttons: [] }))).toHaveLength(1);
  });

  it.each([[null], ['x'], [[7, null]], [[{ type: 7 }]]])('are made anew when %j was stored', (stored) => {
    expect(editedComponents(stored, parts())[0]).toEqual({ type: 'BODY', text: 'Hello {{1}}' });
  });
});
