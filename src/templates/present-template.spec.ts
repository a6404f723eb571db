import { TEMPLATE_LIST } from './list/template-list.js';
import { presentTemplate } from './present-template.js';

const present = (components: unknown, fields: object = {}) =>
  presentTemplate({
    id: 5,
    template_id: '1387372356726668',
    name: 'order_update',
    language: 'en_US',
    category: 'UTILITY',
    status: 'APPROVED',
    parameter_format: 'POSITIONAL',
    quality_score: 'GREEN',
    components,
    message_send_ttl_seconds: null,
    created_at: new Date('2026-01-01T08:00:00.123Z'),
    updated_at: new Date('2026-01-02T08:00:00Z'),
    ...fields,
  });

const URL_BUTTON = { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}' };

describe('a template as the API shows it', () => {
  it('has every documented field, in the order of the list', () => {
    const components = [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}', example: { header_text: ['77'] } },
      { type: 'BODY', text: 'Hello {{1}}, {{2}}', example: { body_text: [['Mona', '77']] } },
      { type: 'FOOTER', text: 'Reply STOP' },
      { type: 'BUTTONS', buttons: [URL_BUTTON] },
    ];
    const template = present(components);
    expect(Object.keys(template)).toEqual(TEMPLATE_LIST.fields);
    expect(template).toEqual({
      id: 5,
      template_id: '1387372356726668',
      template_name: 'order_update',
      name: 'order_update',
      language: 'en_US',
      category: 'UTILITY',
      status: 'APPROVED',
      quality_score: 'GREEN',
      parameter_format: 'POSITIONAL',
      header_data_format: 'TEXT',
      header_data_text: 'Order {{1}}',
      header_params_count: 1,
      header_file_url: null,
      header_variable_value: '77',
      body_data: 'Hello {{1}}, {{2}}',
      body_params_count: 2,
      body_variable_value: '["Mona","77"]',
      footer_data: 'Reply STOP',
      footer_params_count: 0,
      buttons_data: JSON.stringify([URL_BUTTON]),
      message_send_ttl_seconds: null,
      add_security_recommendation: false,
      code_expiration_minutes: null,
      otp_button_config: null,
      components,
      created_at: '2026-01-01T08:00:00+00:00',
      updated_at: '2026-01-02T08:00:00+00:00',
    });
  });

  it('is plain when the template is', () => {
    expect(present([{ type: 'BODY', text: 'Hi' }])).toMatchObject({
      header_data_format: 'NONE',
      header_data_text: null,
      header_params_count: 0,
      header_variable_value: null,
      body_params_count: 0,
      body_variable_value: null,
      footer_data: null,
      buttons_data: null,
    });
  });

  it('shows the sample file of a header while WhatsApp gives its address', () => {
    const header = (handle: string) => [
      { type: 'HEADER', format: 'IMAGE', example: { header_handle: [handle] } },
      { type: 'BODY', text: 'Hi' },
    ];
    expect(present(header('https://scontent.example/1.jpg'))).toMatchObject({
      header_data_format: 'IMAGE',
      header_data_text: null,
      header_file_url: 'https://scontent.example/1.jpg',
    });
    expect(present(header('4::aW1hZ2U=')).header_file_url).toBeNull();
  });

  it('reads samples of named variables', () => {
    const params = [
      { param_name: 'first_name', example: 'Mona' },
      { param_name: 'order_id', example: '77' },
    ];
    const template = present(
      [{ type: 'BODY', text: '{{first_name}}: {{order_id}}', example: { body_text_named_params: params } }],
      { parameter_format: 'NAMED' },
    );
    expect(template).toMatchObject({
      parameter_format: 'NAMED',
      body_params_count: 2,
      body_variable_value: '["Mona","77"]',
    });
  });

  it.each([
    [
      { type: 'URL', text: 'Copy code', url: 'https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}' },
      { otp_type: 'COPY_CODE', text: 'Copy code' },
    ],
    [
      { type: 'OTP', otp_type: 'ONE_TAP', text: 'Copy', package_name: 'com.example' },
      { otp_type: 'ONE_TAP', text: 'Copy', package_name: 'com.example' },
    ],
    [URL_BUTTON, null],
  ])('tells an OTP button from another: %j', (button, config) => {
    const components = [
      { type: 'BODY', text: '{{1}}', add_security_recommendation: true },
      { type: 'FOOTER', code_expiration_minutes: 10 },
      { type: 'BUTTONS', buttons: [button] },
    ];
    expect(present(components, { category: 'AUTHENTICATION' })).toMatchObject({
      add_security_recommendation: true,
      code_expiration_minutes: 10,
      otp_button_config: config,
      footer_data: null,
    });
  });
});
