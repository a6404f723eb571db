import { RequiredPlainText } from '../../platform/http/validation/plain-text.js';

/** Body of create and update. */
export class SaveSourceDto {
  @RequiredPlainText({ max: 255, example: 'Website', description: 'No other source may have it.' })
  name: string;
}
