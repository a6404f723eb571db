import type { TemplateDraft } from './template.js';

/** Every account is born with these. */
export const DEFAULT_TEMPLATES: readonly TemplateDraft[] = [
  {
    name: 'hello',
    language: 'en_US',
    category: 'UTILITY',
    parameterFormat: 'POSITIONAL',
    status: 'APPROVED',
    components: [{ type: 'BODY', text: 'Hello! Your account is ready.' }],
  },
  {
    name: 'order_update',
    language: 'en_US',
    category: 'UTILITY',
    parameterFormat: 'POSITIONAL',
    status: 'APPROVED',
    components: [{ type: 'BODY', text: 'Hello {{1}}, your order {{2}} is on its way.' }],
  },
  {
    name: 'summer_sale',
    language: 'en_US',
    category: 'MARKETING',
    parameterFormat: 'POSITIONAL',
    status: 'APPROVED',
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      { type: 'BODY', text: 'Hi {{1}}, our summer sale is on: everything is 20% off until Sunday.' },
      { type: 'FOOTER', text: 'Reply STOP to unsubscribe' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Stop promotions' },
          { type: 'URL', text: 'Shop now', url: 'https://shop.example.com/sale' },
        ],
      },
    ],
  },
  {
    name: 'verification_code',
    language: 'en_US',
    category: 'AUTHENTICATION',
    parameterFormat: 'POSITIONAL',
    status: 'APPROVED',
    components: [
      {
        type: 'BODY',
        text: '*{{1}}* is your verification code. For your security, do not share this code.',
        add_security_recommendation: true,
      },
      { type: 'FOOTER', code_expiration_minutes: 10 },
      {
        type: 'BUTTONS',
        buttons: [
          {
            // WhatsApp reads an OTP button back as a URL button.
            type: 'URL',
            text: 'Copy code',
            url: 'https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}',
            example: ['https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp123456'],
          },
        ],
      },
    ],
  },
  {
    name: 'winter_sale',
    language: 'en_US',
    category: 'MARKETING',
    parameterFormat: 'POSITIONAL',
    status: 'PAUSED',
    components: [{ type: 'BODY', text: 'Hi {{1}}, the winter sale starts today.' }],
  },
];
