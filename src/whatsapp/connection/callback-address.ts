import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';

const PATH = '/api/v2/whatsapp/webhook';

/** Where WhatsApp delivers webhooks: one address for the platform's Meta app, one per tenant's own app. */
@Injectable()
export class CallbackAddress {
  private readonly base: string;

  constructor(settings: Settings) {
    this.base = (settings.PUBLIC_URL ?? `http://${settings.HOST}:${settings.PORT}`).replace(/\/+$/, '');
  }

  /** `appKey` null: the platform's app. */
  of(appKey: string | null): string {
    return appKey === null ? `${this.base}${PATH}` : `${this.base}${PATH}/${appKey}`;
  }
}
