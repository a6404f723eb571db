import { SendTemplateDto } from '../dto/send-template.dto.js';
import { SendTemplateFormDto } from '../dto/send-template-form.dto.js';
import { SentTemplateDto } from '../dto/sent-template.dto.js';
import type { SendEndpointDescription } from './send-endpoint.js';

const ORDER_UPDATE = {
  phone: '201000000000',
  template_name: 'order_update',
  language: 'en_US',
  field_1: '@{contact_first_name}',
  field_2: 'A-77',
};

/** The page "Send template message". */
export const SEND_TEMPLATE: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send template message',
  description: `Sends a template that WhatsApp has approved, at any time: the 24-hour service window does not matter.

What the template needs is checked against the template as it was last synced, before anything is stored. A field that is missing is a 422 that names it; fields that the template does not need are ignored.

| the template has | give |
| --- | --- |
| \`{{1}}\` … \`{{10}}\` in its text | \`field_1\` … \`field_10\` |
| named variables, such as \`{{first_name}}\` | the same fields, in the order in which the names first appear |
| a variable in a text header | \`header_field_1\` |
| a picture, video or document as header | its address (\`header_image_url\` …) or, in a form, the file (\`header_image_file\` …); limits as in "Send media message" |
| a location as header | \`header_latitude\`, \`header_longitude\`, and mostly \`header_location_name\`, \`header_location_address\` |
| a button with a variable in its address | \`button_N\`: what stands for the variable |
| a button that copies a code | \`button_N\`: the code, at most 15 characters |
| a quick reply | \`button_N\` if you like: what you are told when it is tapped, at most 256 characters |
| a button that opens a flow | \`button_N\` if you like: the flow's token |

\`N\` of a button is its place among all the template's buttons, from 0 (\`buttons_data\` of the template).

**Merge fields** work in every value. What comes out of them must not be empty, have line breaks, tabs or more than four spaces in a row; the text with its values may have 1,024 characters, a header 60, an address 2,000.

**Authentication templates.** The code stands in \`field_1\` (or the field that \`otp_field_number\` names), or is made for you (\`auto_generate_otp\`); the button gets it by itself. Codes are stored encrypted until WhatsApp has them, never shown again, and leave before all other messages.

**WhatsApp's limits.** To somebody who has not written in the last 24 hours, a template uses one of the places of your business portfolio's messaging limit; when they are used up, the message waits (\`hold_reason\` of the message says so). A template that WhatsApp pauses or disables takes its waiting messages with it: they fail with 132015 or 132016.`,
  subject: 'Template message',
  bodies: {
    'application/json': { dto: SendTemplateDto, example: ORDER_UPDATE },
    'multipart/form-data': {
      dto: SendTemplateFormDto,
      example: {
        phone: '201000000000',
        template_name: 'summer_sale',
        language: 'en_US',
        field_1: '@{contact_first_name}',
        header_image_file: 'sale.jpg',
      },
    },
    'application/x-www-form-urlencoded': { dto: SendTemplateDto, example: ORDER_UPDATE },
  },
  answer: SentTemplateDto,
  errors: ['FEATURE_NOT_AVAILABLE'],
};
