import { Injectable } from '@nestjs/common';
import {
  type ApiError,
  rateLimitExceeded,
  serviceUnavailable,
  whatsappNotConfigured,
} from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { GraphRefusedError, GraphUnavailableError } from '../whatsapp/client/cloud-api-management.js';
import { ManagementLimitError } from '../whatsapp/connection/management-budget.js';
import { type SyncedTemplates, TemplateSync } from '../whatsapp/connection/template-sync.js';

/** Wait before a sync is tried again that WhatsApp could not answer now, seconds. */
const RETRY_AFTER_S = 10;

/** Syncs the templates of all WhatsApp accounts of a tenant. */
@Injectable()
export class TemplatesSyncService {
  constructor(private readonly templates: TemplateSync) {}

  /**
   * @throws ApiError 422 WHATSAPP_NOT_CONFIGURED without an account, or when WhatsApp does not let us in; 429 when the
   * limit of management calls is used up; 503 when WhatsApp is away
   */
  async sync(author: AuthenticatedTenant): Promise<SyncedTemplates> {
    let synced: SyncedTemplates | null;
    try {
      synced = await this.templates.syncTenant(author.tenantId, author);
    } catch (error) {
      throw asApiError(error) ?? error;
    }
    if (!synced) throw whatsappNotConfigured('No WhatsApp account is connected.');
    return synced;
  }
}

/** What the caller is told of a sync that WhatsApp did not let happen; undefined for a fault of ours. */
function asApiError(error: unknown): ApiError | undefined {
  if (error instanceof ManagementLimitError) return rateLimitExceeded(error.retryAfterS);
  if (error instanceof GraphUnavailableError) return serviceUnavailable(error, RETRY_AFTER_S);
  if (!(error instanceof GraphRefusedError)) return undefined;
  const { classification, title } = error.error;
  if (classification.class === 'retry') return serviceUnavailable(error, RETRY_AFTER_S);
  return whatsappNotConfigured(`WhatsApp does not let the templates be read: ${title}`);
}
