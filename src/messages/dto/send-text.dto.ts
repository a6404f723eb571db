import { SendDto } from './send.dto.js';
import { RequiredText } from './text-fields.js';

/** Longest text, in code points, after merge fields are filled in (Cloud API, text messages). */
export const MAX_TEXT = 4096;

/** Body of `POST /messages/text`. */
export class SendTextDto extends SendDto {
  @RequiredText({
    max: MAX_TEXT,
    merged: true,
    example: 'Hi @{contact_first_name}, your order is on its way.',
    description: 'What the recipient reads; may hold merge fields, and links.',
  })
  message: string;
}
