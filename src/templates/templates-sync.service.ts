import { Injectable } from '@nestjs/common';
import {
  type ApiError,
  rateLimitExceeded,
  serviceUnavailable,
  whatsappNotConfigured,
} from '../platform/http/api-error.js';
import { Postgres } from '../platform/database/postgres.js';
import { GraphRefusedError, GraphUnavailableError } from '../whatsapp/client/cloud-api-management.js';
import { AccessTokens } from '../whatsapp/connection/access-tokens.js';
import { ManagementLimitError } from '../whatsapp/connection/management-budget.js';
import { TemplateSync, type SyncedTemplates } from '../whatsapp/connection/template-sync.js';

interface AccountRow {
  id: number;
  waba_id: string;
  updated_at: Date;
}

/** Wait before a sync is tried again that WhatsApp could not answer now, seconds. */
const RETRY_AFTER_S = 10;

/** Syncs the templates of all WhatsApp accounts of a tenant. */
@Injectable()
export class TemplatesSyncService {
  constructor(
    private readonly postgres: Postgres,
    private readonly tokens: AccessTokens,
    private readonly templates: TemplateSync,
  ) {}

  /**
   * One account after the other; what was synced before one that fails stays synced.
   * @throws ApiError 422 WHATSAPP_NOT_CONFIGURED without an account, or when WhatsApp does not let us in; 429 when the
   * limit of management calls is used up; 503 when WhatsApp is away
   */
  async sync(tenantId: number): Promise<SyncedTemplates> {
    const accounts = await this.postgres.query<AccountRow>(
      'template-sync-accounts',
      'SELECT id, waba_id, updated_at FROM whatsapp_accounts WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
    if (accounts.length === 0) throw whatsappNotConfigured('No WhatsApp account is connected.');
    const total = { synced: 0, created: 0, updated: 0, removed: 0 };
    for (const account of accounts) {
      const one = await this.syncAccount(tenantId, account);
      total.synced += one.synced;
      total.created += one.created;
      total.updated += one.updated;
      total.removed += one.removed;
    }
    return total;
  }

  private async syncAccount(tenantId: number, account: AccountRow): Promise<SyncedTemplates> {
    const { id: accountId, waba_id: wabaId, updated_at: updatedAt } = account;
    const accessToken = await this.tokens.tokenFor({ tenantId, accountId, updatedAt });
    try {
      return await this.templates.sync({ tenantId, accountId, wabaId, accessToken });
    } catch (error) {
      throw asApiError(error) ?? error;
    }
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
