import { Injectable } from '@nestjs/common';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { ApiError, type FieldErrors, notFound, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { ListenerRepository, NO_SUCH_LISTENER } from '../listeners/listener.repository.js';
import { KEPT_PAYLOADS } from '../store/retention.js';
import { rulesOf } from '../store-listener.js';
import { type Judgement, judgePayload } from './judge-payload.js';
import { type DryRunDto, type PayloadDto, type PayloadRow, presentPayload } from './payload.dto.js';
import { PayloadStore } from './payload-store.js';
import { PayloadWorker, reasonOf } from './payload-worker.js';
import { TemplateSends } from './template-sends.js';

/** Larger bodies are not shown in the list, which would grow to a hundred times as much. */
const SHOWN_BYTES = 32 * 1024;

const COLUMNS = `id, received_at, due_at, topic, delivery_id, repeats, size_bytes, status, reason, message_id, settled_at`;

/** Of those that are not worked off yet, so many are shown: a delay may keep thousands waiting. */
const SHOWN_WAITING = 20;

/* Indexes store_payloads_newest, store_payloads_due. */
const NEWEST = `
SELECT ${COLUMNS}, CASE WHEN size_bytes <= ${SHOWN_BYTES} THEN body END AS body FROM (
  (SELECT * FROM store_payloads WHERE listener_id = $1 AND tenant_id = $2 AND next_at IS NULL
    ORDER BY id DESC LIMIT ${KEPT_PAYLOADS})
  UNION ALL
  (SELECT * FROM store_payloads WHERE listener_id = $1 AND tenant_id = $2 AND next_at IS NOT NULL
    ORDER BY next_at DESC, id DESC LIMIT ${SHOWN_WAITING})) p
 ORDER BY id DESC LIMIT ${KEPT_PAYLOADS}`;

const NO_SUCH_PAYLOAD = 'There is no such payload.';

/** Shows what a listener was given and what became of it, and what would become of a payload. */
@Injectable()
export class PayloadsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly listeners: ListenerRepository,
    private readonly sends: TemplateSends,
    private readonly payloads: PayloadStore,
    private readonly worker: PayloadWorker,
    private readonly writes: TenantWrites,
  ) {}

  /** The newest first. @throws ApiError 404 when the tenant has no such listener */
  async newest(tenantId: number, listenerId: string): Promise<PayloadDto[]> {
    const { id } = await this.listeners.get(tenantId, resourceId(listenerId, NO_SUCH_LISTENER));
    return (await this.postgres.query<PayloadRow>('store_payloads_newest', NEWEST, [id, tenantId])).map(presentPayload);
  }

  /** @throws ApiError 404 when the tenant has no such listener, or that no such payload */
  async get(tenantId: number, listenerId: string, payloadId: string): Promise<PayloadDto> {
    const [row] = await this.postgres.query<PayloadRow>(
      'store_payloads_get',
      `SELECT ${COLUMNS}, body FROM store_payloads WHERE id = $1 AND listener_id = $2::bigint AND tenant_id = $3`,
      [resourceId(payloadId, NO_SUCH_PAYLOAD), resourceId(listenerId, NO_SUCH_LISTENER), tenantId],
    );
    if (!row) throw notFound(NO_SUCH_PAYLOAD);
    return presentPayload(row);
  }

  /**
   * Has a payload that failed or was skipped worked off once more, by the listener's present rules. Of calls at the same
   * moment one does it.
   * @throws ApiError 404 when the tenant has no such payload, 422 when it was sent or waits, or its body is gone
   */
  async retry(author: AuthenticatedTenant, payloadId: string): Promise<PayloadDto> {
    const { tenantId } = author;
    const id = resourceId(payloadId, NO_SUCH_PAYLOAD);
    const row = await this.writes.run(tenantId, async (sql) => {
      const isDue = await this.payloads.retry(sql, tenantId, id);
      const payload = await byId(sql, tenantId, id);
      if (!isDue) throw validationError(whyNoRetry(payload));
      await recordChanges(sql, author, [{ action: 'integration.payload_retried', ids: [id] }]);
      return payload;
    });
    this.worker.wake();
    return presentPayload(row);
  }

  /**
   * What the payload would lead to, were it delivered now, whether or not the listener is enabled; nothing is stored or
   * sent. A header's file is not downloaded.
   * @throws ApiError 404 when the tenant has no such listener; 5xx when it cannot be told for the moment
   */
  async dryRun(author: AuthenticatedTenant, listenerId: string, payload: unknown): Promise<DryRunDto> {
    const { tenantId, requestId } = author;
    const listener = await this.listeners.get(tenantId, resourceId(listenerId, NO_SUCH_LISTENER));
    const judgement = judgePayload(rulesOf(listener), payload);
    const shown = shownOf(judgement);
    const against = await this.sends.reasonAgainst(tenantId, listener.id, judgement);
    if (against) return { ...shown, status: 'skipped', reason: against };
    try {
      const { text, leftOut } = await this.sends.rehearse(judgement, { tenantId, requestId, waitMs: 0, key: null });
      return { ...shown, would_send: true, status: 'sent', reason: leftOut ?? null, text };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      return { ...shown, status: 'failed', reason: reasonOf(error) };
    }
  }
}

const shownOf = ({ phone, fields, mapped }: Judgement): Omit<DryRunDto, 'status' | 'reason'> => ({
  would_send: false,
  phone,
  template_name: fields.template_name,
  language: fields.language,
  text: null,
  fields: mapped.map(({ field, value }) => ({ field, value })),
});

/** @throws ApiError 404 when the tenant has no such payload */
async function byId(sql: SqlRunner, tenantId: number, id: number): Promise<PayloadRow> {
  const [row] = await sql.query<PayloadRow>(
    'store_payloads_by_id',
    `SELECT ${COLUMNS}, body FROM store_payloads WHERE id = $1 AND tenant_id = $2`,
    [id, tenantId],
  );
  if (!row) throw notFound(NO_SUCH_PAYLOAD);
  return row;
}

const whyNoRetry = ({ status }: PayloadRow): FieldErrors =>
  status === 'failed' || status === 'skipped'
    ? { payload: ['Its body is not stored any more'] }
    : { status: [`Only failed and skipped payloads are sent again; this one is ${status}`] };
