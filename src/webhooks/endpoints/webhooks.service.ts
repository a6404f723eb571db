import { Injectable } from '@nestjs/common';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { featureLimitExceeded, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import type { ListRequest } from '../../platform/pagination/list-request.js';
import type { ListScope } from '../../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../../platform/pagination/lists.js';
import { EndpointHosts } from '../delivery/endpoint-hosts.js';
import { DELIVERIES_CHANNEL } from '../events/dispatch/store-events.js';
import type { CreateWebhookDto, UpdateWebhookDto } from './dto/save-webhook.dto.js';
import type { WebhookDto, WebhookWithSecretDto } from './dto/webhook.dto.js';
import { EndpointNews } from './endpoint-news.js';
import { faultOfPort } from './endpoint-rules.js';
import { EndpointSecrets, newWebhookSecret } from './endpoint-secrets.js';
import { EndpointView } from './endpoint-view.js';
import { WEBHOOK_LIST } from './webhook-list.js';
import { NO_SUCH_WEBHOOK, type WebhookRow, type WebhookValues, WebhookRepository } from './webhook.repository.js';

/** Endpoints that a tenant may have: each costs a delivery of every event that it asks for. */
export const MAX_WEBHOOKS = 20;

/** The addresses that a tenant's events are posted to. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly writes: TenantWrites,
    private readonly webhooks: WebhookRepository,
    private readonly secrets: EndpointSecrets,
    private readonly view: EndpointView,
    private readonly news: EndpointNews,
    private readonly hosts: EndpointHosts,
    private readonly lists: Lists,
  ) {}

  /** One page of the tenant's endpoints. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<WebhookDto>> {
    return this.lists.page(WEBHOOK_LIST, scope, request, async (sql, ids) =>
      (await this.webhooks.findByIds(sql, scope.tenantId, ids)).map((row) => this.view.of(row)),
    );
  }

  /** @throws ApiError 404 when the tenant has no such endpoint */
  async get(tenantId: number, id: string): Promise<WebhookDto> {
    return this.view.of(await this.webhooks.get(tenantId, resourceId(id, NO_SUCH_WEBHOOK)));
  }

  /** @throws ApiError 422 for a host or port that is not allowed, 403 when the tenant has MAX_WEBHOOKS already */
  create(author: AuthenticatedTenant, given: CreateWebhookDto): Promise<WebhookWithSecretDto> {
    this.requireReachable(given.url);
    const { tenantId } = author;
    const secret = newWebhookSecret();
    const values: WebhookValues = {
      url: given.url,
      events: given.events,
      description: given.description ?? null,
      headers_encrypted: this.secrets.sealHeaders(given.headers ?? null),
      enabled: given.enabled ?? true,
    };
    return this.writes.run(tenantId, async (sql) => {
      const count = await this.webhooks.countToAdd(sql, tenantId);
      if (count >= MAX_WEBHOOKS) throw featureLimitExceeded('webhooks', count, MAX_WEBHOOKS);
      const row = await this.webhooks.insert(sql, tenantId, values, this.secrets.sealSecret(secret));
      await recordChanges(sql, author, [{ action: 'webhook.created', ids: [row.id] }]);
      return { ...this.view.of(row), secret };
    });
  }

  /** @throws ApiError 404 when the tenant has no such endpoint, 422 for a host or port that is not allowed */
  update(author: AuthenticatedTenant, id: string, given: UpdateWebhookDto): Promise<WebhookDto> {
    if (given.url !== undefined) this.requireReachable(given.url);
    return this.changed(author, id, async (sql, before) => {
      const after = await this.webhooks.update(sql, before, this.merged(before, given));
      await this.news.tell(sql, before, after, author.requestId);
      if (after.enabled) await sql.query('webhooks_notify', 'SELECT pg_notify($1, $2)', [DELIVERIES_CHANNEL, '']);
      const fields = Object.entries(given).flatMap(([field, value]) => (value === undefined ? [] : field));
      await recordChanges(sql, author, [{ action: 'webhook.updated', ids: [after.id], details: { fields } }]);
      return this.view.of(after);
    });
  }

  /** @throws ApiError 404 when the tenant has no such endpoint */
  delete(author: AuthenticatedTenant, id: string): Promise<void> {
    const number = resourceId(id, NO_SUCH_WEBHOOK);
    return this.writes.run(author.tenantId, async (sql) => {
      await this.webhooks.delete(sql, author.tenantId, number);
      await recordChanges(sql, author, [{ action: 'webhook.deleted', ids: [number] }]);
    });
  }

  /**
   * Gives the endpoint a new secret. The present one signs, too, for another 24 hours.
   * @throws ApiError 404 when the tenant has no such endpoint
   */
  rotateSecret(author: AuthenticatedTenant, id: string): Promise<WebhookWithSecretDto> {
    const secret = newWebhookSecret();
    return this.changed(author, id, async (sql, { id: number }) => {
      const row = await this.webhooks.rotate(sql, author.tenantId, number, this.secrets.sealSecret(secret));
      await recordChanges(sql, author, [{ action: 'webhook.secret_rotated', ids: [number] }]);
      return { ...this.view.of(row), secret };
    });
  }

  private changed<T>(
    { tenantId }: AuthenticatedTenant,
    id: string,
    change: (sql: SqlRunner, before: WebhookRow) => Promise<T>,
  ): Promise<T> {
    const number = resourceId(id, NO_SUCH_WEBHOOK);
    return this.writes.run(tenantId, async (sql) => change(sql, await this.webhooks.lock(sql, tenantId, number)));
  }

  private merged(before: WebhookRow, given: UpdateWebhookDto): WebhookValues {
    return {
      url: given.url ?? before.url,
      events: given.events ?? before.events,
      description: given.description === undefined ? before.description : given.description,
      headers_encrypted:
        given.headers === undefined ? before.headers_encrypted : this.secrets.sealHeaders(given.headers),
      enabled: given.enabled ?? before.enabled,
    };
  }

  private requireReachable(text: string): void {
    const url = new URL(text);
    const fault = this.hosts.mayBeNamed(url)
      ? this.hosts.isExempt(url)
        ? undefined
        : faultOfPort(url)
      : 'must have a host whose addresses are public';
    if (fault !== undefined) throw validationError({ url: [`url ${fault}`] });
  }
}
