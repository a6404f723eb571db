import { Injectable } from '@nestjs/common';
import { type Change, operatorOf, recordChanges } from '../../platform/audit/audit-trail.js';
import { Settings } from '../../platform/config/settings.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { Prisma } from '../../platform/database/prisma.js';
import { CloudApiManagement, GraphRefusedError, GraphUnavailableError } from '../client/cloud-api-management.js';
import { ACCESS_TOKEN_CONTEXT } from './access-tokens.js';
import { CallbackAddress } from './callback-address.js';
import { ConnectionStore, numberColumns } from './connection-store.js';
import { ConnectionError, NumberVerification, type VerifiedNumber } from './number-verification.js';
import { setAccountBusiness } from './observed-numbers.js';
import { pauseNumbers, resumeNumbers } from './phone-number-state.js';
import { TemplateSync, type SyncedTemplates } from './template-sync.js';

export interface ConnectRequest {
  readonly tenantId: number;
  readonly wabaId: string;
  readonly phoneNumberId: string;
  /** Absent: the one the account was connected with before. */
  readonly accessToken?: string;
  readonly appSecret?: string;
  readonly makeDefault: boolean;
  /** Send this account's webhooks to us whatever the Meta app's own callback is. */
  readonly overrideCallback: boolean;
}

export interface Connected {
  readonly numberId: number;
  readonly isDefault: boolean;
  readonly number: VerifiedNumber;
  readonly callbackUrl: string;
  readonly verifyToken: string;
  readonly templates: SyncedTemplates;
}

/** A connected number as it is stored, and what WhatsApp says about it now. */
export interface CheckedNumber {
  readonly tenantId: number;
  readonly wabaId: string;
  readonly phoneNumberId: string;
  readonly displayPhoneNumber: string;
  readonly isDefault: boolean;
  readonly ratePerSecond: number;
  readonly throughputLevel: string | null;
  readonly qualityRating: string | null;
  readonly messagingLimitTier: string | null;
  readonly pausedAt: Date | null;
  readonly pausedCode: number | null;
  readonly pausedReason: string | null;
  readonly tokenExpiresAt: Date | null;
  /** What is wrong, in words; empty: all is well (a pause is shown beside it). */
  readonly faults: readonly string[];
}

const MAX_REASON = 500;

/** The operator's work on connections to WhatsApp. */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly settings: Settings,
    private readonly prisma: Prisma,
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
    private readonly management: CloudApiManagement,
    private readonly verification: NumberVerification,
    private readonly store: ConnectionStore,
    private readonly callback: CallbackAddress,
    private readonly templates: TemplateSync,
  ) {}

  /**
   * Verifies, stores, subscribes and syncs templates; repeating it is harmless and takes over what has changed. It
   * stores before it subscribes, because WhatsApp may call our callback at once; when subscribing fails, the number
   * stays connected and the same command goes on from there.
   * @throws ConnectionError | GraphRefusedError | GraphUnavailableError
   */
  async connect(request: ConnectRequest): Promise<Connected> {
    const { tenantId, wabaId, phoneNumberId } = request;
    const tenant = await this.prisma.operator.tenant.findUnique({ where: { id: tenantId } });
    if (!tenant) throw new ConnectionError(`There is no tenant ${tenantId}`);
    await this.store.refuseForeign(tenantId, wabaId, phoneNumberId);
    const accessToken = request.accessToken ?? (await this.store.storedAccessToken(tenantId, wabaId));
    if (accessToken === undefined) throw new ConnectionError(`Account ${wabaId} is new: its access token is needed`);
    const number = await this.verification.verify({ wabaId, phoneNumberId, accessToken });
    const { accountId, numberId, isDefault, app } = await this.store.store({ ...request, accessToken, number });
    if (number.businessId !== null) {
      await setAccountBusiness(this.postgres, { tenantId, accountId, businessId: number.businessId });
    }
    const callbackUrl = this.callback.of(app?.appKey ?? null);
    const verifyToken = app?.verifyToken ?? this.settings.WHATSAPP_VERIFY_TOKEN;
    const override = request.overrideCallback ? { url: callbackUrl, verifyToken } : undefined;
    await this.management.subscribeApp(wabaId, accessToken, override);
    const templates = await this.templates.sync({ tenantId, accountId, wabaId, accessToken }, operatorOf(tenantId));
    return { numberId, isDefault, number, callbackUrl, verifyToken, templates };
  }

  /** Asks WhatsApp again about every connected number (of one tenant) and stores what it says. Resumes nothing. */
  async check(filter: { tenantId?: number; phoneNumberId?: string }): Promise<CheckedNumber[]> {
    const numbers = await this.prisma.operator.phoneNumber.findMany({
      where: { tenantId: filter.tenantId, phoneNumberId: filter.phoneNumberId },
      include: { account: true },
      orderBy: { id: 'asc' },
    });
    const checked: CheckedNumber[] = [];
    // One after the other: management calls are few per hour and account.
    for (const { account, ...number } of numbers) {
      const faults: string[] = [];
      const accessToken = this.encryption.decrypt(account.accessTokenEncrypted, ACCESS_TOKEN_CONTEXT);
      const facts = await noting(faults, () =>
        this.refresh(number.id, number.tenantId, account.wabaId, number.phoneNumberId, accessToken),
      );
      const subscribed = await noting(faults, () => this.management.isSubscribed(account.wabaId, accessToken));
      if (subscribed === false)
        faults.push('Our app is not subscribed to the account: no status and no message arrives');
      if (facts && facts.status !== null && facts.status !== 'CONNECTED')
        faults.push(`The number's status is ${facts.status}`);
      const { tenantId, phoneNumberId, isDefault, pausedAt, pausedCode, pausedReason } = number;
      const { displayPhoneNumber, ratePerSecond, throughputLevel, qualityRating, messagingLimitTier } = facts ?? number;
      checked.push({
        ...{ tenantId, wabaId: account.wabaId, phoneNumberId, displayPhoneNumber, isDefault, ratePerSecond },
        ...{ throughputLevel, qualityRating, messagingLimitTier, pausedAt, pausedCode, pausedReason },
        tokenExpiresAt: facts?.tokenExpiresAt ?? null,
        faults,
      });
    }
    return checked;
  }

  /** Stops a number by hand. False: it was paused already. @throws ConnectionError when it is not connected, or without a reason */
  async pause(phoneNumberId: string, reason: string): Promise<boolean> {
    const length = [...reason.trim()].length;
    if (length === 0 || length > MAX_REASON) throw new ConnectionError(`A reason has 1 to ${MAX_REASON} characters`);
    const { id, tenantId } = await this.find(phoneNumberId);
    const fault = { tenantId, numberId: id, wholeAccount: false, code: null, reason };
    return this.postgres.transaction(async (sql) => {
      const [changed] = await pauseNumbers(sql, [fault]);
      if (changed) await note(sql, tenantId, { action: 'number.paused', ids: [id], details: { reason } });
      return changed !== undefined;
    });
  }

  /** Lets a paused number send again. False: it was not paused. @throws ConnectionError when it is not connected */
  async resume(phoneNumberId: string): Promise<boolean> {
    const { id, tenantId } = await this.find(phoneNumberId);
    return this.postgres.transaction(async (sql) => {
      const [changed] = await resumeNumbers(sql, tenantId, [id]);
      if (changed) await note(sql, tenantId, { action: 'number.resumed', ids: [id] });
      return changed !== undefined;
    });
  }

  private async find(phoneNumberId: string): Promise<{ id: number; tenantId: number }> {
    const number = await this.prisma.operator.phoneNumber.findUnique({ where: { phoneNumberId } });
    if (!number) throw new ConnectionError(`Phone number id ${phoneNumberId} is not connected`);
    return number;
  }

  private async refresh(
    id: number,
    tenantId: number,
    wabaId: string,
    phoneNumberId: string,
    accessToken: string,
  ): Promise<VerifiedNumber> {
    const facts = await this.verification.verify({ wabaId, phoneNumberId, accessToken });
    await this.prisma.tenant.phoneNumber.update({ where: { id, tenantId }, data: numberColumns(facts) });
    return facts;
  }
}

const note = (sql: SqlRunner, tenantId: number, change: Change): Promise<void> =>
  recordChanges(sql, operatorOf(tenantId), [change]);

/** What WhatsApp refuses or does not answer is a finding of the check, not its end. */
async function noting<T>(faults: string[], ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const expected =
      error instanceof ConnectionError || error instanceof GraphRefusedError || error instanceof GraphUnavailableError;
    if (!expected) throw error;
    faults.push(error.message);
    return undefined;
  }
}
