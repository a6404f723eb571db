import { RequiredPlainText } from '../../platform/http/validation/plain-text.js';

/** Body of create and update. */
export class SaveGroupDto {
  @RequiredPlainText({ max: 255, example: 'VIP', description: 'No other group may have it.' })
  name: string;
}
