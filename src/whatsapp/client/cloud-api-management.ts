import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { readGraphError, type GraphError } from './graph-error.js';
import { GraphHttp, type GraphCall } from './graph-http.js';
import { isRecord, readJson, textOrNull } from './read-json.js';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const PAGE_SIZE = 100;
/** More pages than any account can fill (6,000 templates by 100): a list that goes on for ever is a fault. */
const MAX_PAGES = 500;
const NUMBER_FIELDS =
  'id,display_phone_number,verified_name,name_status,quality_rating,throughput,status,whatsapp_business_manager_messaging_limit';
const TEMPLATE_FIELDS =
  'id,name,language,status,category,components,parameter_format,quality_score,message_send_ttl_seconds';

/** WhatsApp refused a management call. The message is for operators and holds no secret. */
export class GraphRefusedError extends Error {
  constructor(
    readonly what: string,
    readonly error: GraphError,
  ) {
    const { code, title, details, fbtraceId } = error;
    super(
      `WhatsApp refused to ${what}: ${title} (code ${code}${fbtraceId ? `, fbtrace_id ${fbtraceId}` : ''})` +
        (details ? `: ${details}` : ''),
    );
  }
}

/** No answer from WhatsApp, or one that is not the Cloud API's. Reading again is harmless. */
export class GraphUnavailableError extends Error {
  constructor(what: string, reason: string) {
    super(`WhatsApp did not answer when asked to ${what}: ${reason}`);
  }
}

/** What an access token may do, by `GET /debug_token`. */
export interface TokenFacts {
  readonly isValid: boolean;
  readonly appId: string | null;
  readonly scopes: readonly string[];
  /** Accounts and numbers the scope is limited to; undefined: not limited. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
  /** Null: never. */
  readonly expiresAt: Date | null;
}

/** One business phone number as WhatsApp describes it. */
export interface NumberFacts {
  readonly phoneNumberId: string;
  readonly displayPhoneNumber: string;
  readonly verifiedName: string | null;
  /** WhatsApp's decision about the display name: APPROVED, DECLINED, EXPIRED, PENDING_REVIEW … */
  readonly nameStatus: string | null;
  readonly qualityRating: string | null;
  /** STANDARD or HIGH. */
  readonly throughputLevel: string | null;
  /** TIER_250 … TIER_UNLIMITED, of the whole portfolio. */
  readonly messagingLimitTier: string | null;
  readonly status: string | null;
}

/** One message template as WhatsApp describes it. */
export interface TemplateFacts {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly status: string;
  readonly category: string;
  readonly parameterFormat: string;
  readonly qualityScore: string | null;
  /** How long WhatsApp tries to deliver, where the template says so; -1: 30 days. */
  readonly messageSendTtlSeconds: number | null;
  readonly components: readonly Record<string, unknown>[];
}

/**
 * The Cloud API's management calls: what a token may do, numbers, subscriptions and templates. Each throws
 * GraphRefusedError or GraphUnavailableError. WhatsApp allows 200 of these an hour per account (5,000 with a
 * registered number): nothing here is called per message.
 */
@Injectable()
export class CloudApiManagement implements OnModuleDestroy {
  private readonly http = new GraphHttp();
  private readonly root: string;
  private readonly timeoutMs: number;

  constructor(settings: Settings) {
    this.root = `${settings.WHATSAPP_API_BASE_URL.replace(/\/+$/, '')}/${settings.WHATSAPP_API_VERSION}`;
    this.timeoutMs = settings.WHATSAPP_TIMEOUT_MS;
  }

  /** What the token itself may do. */
  async debugToken(accessToken: string): Promise<TokenFacts> {
    const what = 'describe the access token';
    const body = await this.get(what, '/debug_token', accessToken, { input_token: accessToken });
    if (!isRecord(body.data)) throw new GraphUnavailableError(what, 'the answer has no data');
    const { data } = body;
    const granular = Array.isArray(data.granular_scopes) ? data.granular_scopes.filter(isRecord) : [];
    return {
      isValid: data.is_valid === true,
      appId: textOrNull(data.app_id),
      scopes: texts(data.scopes),
      targets: new Map(
        granular.flatMap(({ scope, target_ids: ids }) =>
          typeof scope === 'string' && Array.isArray(ids) ? [[scope, texts(ids)] as const] : [],
        ),
      ),
      expiresAt: typeof data.expires_at === 'number' && data.expires_at > 0 ? new Date(data.expires_at * 1000) : null,
    };
  }

  async getPhoneNumber(phoneNumberId: string, accessToken: string): Promise<NumberFacts> {
    const what = `describe phone number ${phoneNumberId}`;
    const body = await this.get(what, `/${encodeURIComponent(phoneNumberId)}`, accessToken, { fields: NUMBER_FIELDS });
    return numberFacts(what, body);
  }

  /**
   * Whether the number is also used in the WhatsApp Business app (coexistence), which limits it to 20 messages a
   * second. Where the field does not exist there is no coexistence.
   */
  async isOnBusinessApp(phoneNumberId: string, accessToken: string): Promise<boolean> {
    try {
      const path = `/${encodeURIComponent(phoneNumberId)}`;
      return (
        (await this.get('tell about coexistence', path, accessToken, { fields: 'is_on_biz_app' })).is_on_biz_app ===
        true
      );
    } catch (error) {
      if (error instanceof GraphRefusedError && error.error.code === NO_SUCH_FIELD) return false;
      throw error;
    }
  }

  /**
   * The business portfolio that owns the account. Null when WhatsApp does not say: the token may lack the permission
   * `business_management`, which nothing else needs.
   */
  async getOwnerBusinessId(wabaId: string, accessToken: string): Promise<string | null> {
    const path = `/${encodeURIComponent(wabaId)}`;
    try {
      const body = await this.get('tell who owns the account', path, accessToken, { fields: 'owner_business_info' });
      return isRecord(body.owner_business_info) ? textOrNull(body.owner_business_info.id) : null;
    } catch (error) {
      if (error instanceof GraphRefusedError) return null;
      throw error;
    }
  }

  /** All numbers of an account, page by page. */
  async listPhoneNumbers(wabaId: string, accessToken: string): Promise<NumberFacts[]> {
    const what = `list the phone numbers of account ${wabaId}`;
    const path = `/${encodeURIComponent(wabaId)}/phone_numbers`;
    const rows = await this.list(what, path, accessToken, { fields: NUMBER_FIELDS });
    return rows.map((row) => numberFacts(what, row));
  }

  /**
   * Subscribes our app to the account's webhooks; without it no status and no inbound message comes. `override` sends
   * this account's webhooks to another address than the app's own (WhatsApp calls it at once for the handshake).
   */
  async subscribeApp(
    wabaId: string,
    accessToken: string,
    override?: { url: string; verifyToken: string },
  ): Promise<void> {
    const what = `subscribe us to account ${wabaId}`;
    const body = override ? { override_callback_uri: override.url, verify_token: override.verifyToken } : {};
    const answer = await this.call(what, {
      method: 'POST',
      url: `${this.root}/${encodeURIComponent(wabaId)}/subscribed_apps`,
      accessToken,
      body: Buffer.from(JSON.stringify(body)),
      headers: { 'Content-Type': 'application/json' },
    });
    if (answer.success !== true) throw new GraphUnavailableError(what, 'the answer is no success');
  }

  /** Whether any app is subscribed to the account with this token. */
  async isSubscribed(wabaId: string, accessToken: string): Promise<boolean> {
    const what = `list the subscriptions of account ${wabaId}`;
    const path = `/${encodeURIComponent(wabaId)}/subscribed_apps`;
    return (await this.list(what, path, accessToken, {})).length > 0;
  }

  /**
   * All templates of an account, page by page; `beforePage` may refuse a page by throwing, and ends the list. Each
   * once: a list that changes while it is read may show one on two pages, of which the later one counts.
   */
  async listTemplates(wabaId: string, accessToken: string, beforePage?: () => Promise<void>): Promise<TemplateFacts[]> {
    const what = `list the templates of account ${wabaId}`;
    const path = `/${encodeURIComponent(wabaId)}/message_templates`;
    const rows = await this.list(what, path, accessToken, { fields: TEMPLATE_FIELDS }, beforePage);
    const templates = rows.map((row) => templateFacts(what, row));
    return [...new Map(templates.map((template) => [template.id, template])).values()];
  }

  onModuleDestroy(): void {
    this.http.close();
  }

  /** By `cursors.after`, never by the `next` link: that one may carry the token. */
  private async list(
    what: string,
    path: string,
    accessToken: string,
    query: Record<string, string>,
    beforePage?: () => Promise<void>,
  ): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    let after: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      await beforePage?.();
      const body = await this.get(what, path, accessToken, {
        ...query,
        limit: String(PAGE_SIZE),
        ...(after && { after }),
      });
      if (!Array.isArray(body.data)) throw new GraphUnavailableError(what, 'the answer has no data');
      rows.push(...body.data.filter(isRecord));
      const paging = isRecord(body.paging) ? body.paging : {};
      const cursor = isRecord(paging.cursors) ? textOrNull(paging.cursors.after) : null;
      if (textOrNull(paging.next) === null || cursor === null) return rows;
      if (cursor === after) throw new GraphUnavailableError(what, 'the list repeats itself');
      after = cursor;
    }
    throw new GraphUnavailableError(what, 'the list has no end');
  }

  private get(
    what: string,
    path: string,
    accessToken: string,
    query: Record<string, string>,
  ): Promise<Record<string, unknown>> {
    const search = new URLSearchParams(query).toString();
    return this.call(what, { method: 'GET', url: `${this.root}${path}${search && `?${search}`}`, accessToken });
  }

  private async call(
    what: string,
    call: Omit<GraphCall, 'timeoutMs' | 'maxAnswerBytes'>,
  ): Promise<Record<string, unknown>> {
    const outcome = await this.http.call({ ...call, timeoutMs: this.timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES });
    if (outcome.kind === 'failure') throw new GraphUnavailableError(what, outcome.reason);
    const body = readJson(outcome.body);
    const error = readGraphError(body, outcome.status);
    if (error) throw new GraphRefusedError(what, error);
    if (outcome.status !== 200 || !isRecord(body)) {
      throw new GraphUnavailableError(what, `HTTP ${outcome.status} without an answer of the Cloud API`);
    }
    return body;
  }
}

const NO_SUCH_FIELD = 100;

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function numberFacts(what: string, body: Record<string, unknown>): NumberFacts {
  const phoneNumberId = textOrNull(body.id);
  const displayPhoneNumber = textOrNull(body.display_phone_number);
  if (phoneNumberId === null || displayPhoneNumber === null) {
    throw new GraphUnavailableError(what, 'the answer names no phone number');
  }
  return {
    phoneNumberId,
    displayPhoneNumber,
    verifiedName: textOrNull(body.verified_name),
    nameStatus: textOrNull(body.name_status),
    qualityRating: textOrNull(body.quality_rating),
    throughputLevel: isRecord(body.throughput) ? textOrNull(body.throughput.level) : null,
    messagingLimitTier: textOrNull(body.whatsapp_business_manager_messaging_limit),
    status: textOrNull(body.status),
  };
}

function templateFacts(what: string, row: Record<string, unknown>): TemplateFacts {
  const [id, name, language, status, category] = [row.id, row.name, row.language, row.status, row.category].map(
    textOrNull,
  );
  if (!id || !name || !language || !status || !category) {
    throw new GraphUnavailableError(what, 'a template lacks its id, name, language, status or category');
  }
  return {
    id,
    name,
    language,
    status,
    category,
    parameterFormat: textOrNull(row.parameter_format) ?? 'POSITIONAL',
    qualityScore: isRecord(row.quality_score) ? textOrNull(row.quality_score.score) : null,
    messageSendTtlSeconds: Number.isInteger(row.message_send_ttl_seconds) ? Number(row.message_send_ttl_seconds) : null,
    components: Array.isArray(row.components) ? row.components.filter(isRecord) : [],
  };
}
