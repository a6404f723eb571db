import { Injectable } from '@nestjs/common';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import type { WebhookDto } from './dto/webhook.dto.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import type { WebhookRow } from './webhook.repository.js';

/** Endpoints as they are shown: without secrets, and without the values of their headers. */
@Injectable()
export class EndpointView {
  constructor(private readonly secrets: EndpointSecrets) {}

  of(row: WebhookRow): WebhookDto {
    const { previous_secret_until: until } = row;
    return {
      id: row.id,
      url: row.url,
      events: row.events,
      description: row.description,
      header_names: Object.keys(this.secrets.headersOf(row)),
      enabled: row.enabled,
      disabled_reason: row.disabled_reason,
      disabled_at: timestampOrNull(row.disabled_at),
      failing_since: timestampOrNull(row.failing_since),
      previous_secret_expires_at: timestampOrNull(until !== null && until.getTime() > Date.now() ? until : null),
      created_at: timestamp(row.created_at),
      updated_at: timestamp(row.updated_at),
    };
  }
}
