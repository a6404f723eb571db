import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { noteChange } from '../../platform/audit/operator-changes.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import { Prisma } from '../../platform/database/prisma.js';
import type { Prisma as PrismaNames } from '../../platform/database/generated/client.js';
import { ACCESS_TOKEN_CONTEXT } from './access-tokens.js';
import { ConnectionError, type ObservedNumber, type VerifiedNumber } from './number-verification.js';
import { APP_SECRET_CONTEXT, VERIFY_TOKEN_CONTEXT } from './secret-contexts.js';

/** What `connect` stores. */
export interface ConnectionDraft {
  readonly tenantId: number;
  readonly wabaId: string;
  readonly accessToken: string;
  /** The secret of the tenant's own Meta app; absent: the account keeps the app it has, at first the platform's. */
  readonly appSecret?: string;
  readonly makeDefault: boolean;
  readonly number: VerifiedNumber;
}

export interface StoredConnection {
  readonly accountId: number;
  readonly numberId: number;
  readonly isDefault: boolean;
  /** Null: the platform's app. */
  readonly app: { readonly appKey: string; readonly verifyToken: string } | null;
}

type Transaction = PrismaNames.TransactionClient;

/** Stores connections: app, account and number, in one transaction. */
@Injectable()
export class ConnectionStore {
  constructor(
    private readonly prisma: Prisma,
    private readonly encryption: Encryption,
  ) {}

  /**
   * An account and a number belong to one tenant for ever: another one may not take them.
   * @throws ConnectionError
   */
  async refuseForeign(tenantId: number, wabaId: string, phoneNumberId: string): Promise<void> {
    const account = await this.prisma.operator.whatsappAccount.findUnique({ where: { wabaId } });
    if (account && account.tenantId !== tenantId) {
      throw new ConnectionError(`Account ${wabaId} is connected to another tenant (${account.tenantId})`);
    }
    const number = await this.prisma.operator.phoneNumber.findUnique({
      where: { phoneNumberId },
      include: { account: true },
    });
    if (number && number.tenantId !== tenantId) {
      throw new ConnectionError(`Phone number id ${phoneNumberId} is connected to another tenant (${number.tenantId})`);
    }
    if (number && number.account.wabaId !== wabaId) {
      throw new ConnectionError(`Phone number id ${phoneNumberId} is connected under account ${number.account.wabaId}`);
    }
  }

  /** The access token that the tenant's account was connected with, if it was. */
  async storedAccessToken(tenantId: number, wabaId: string): Promise<string | undefined> {
    const account = await this.prisma.tenant.whatsappAccount.findFirst({ where: { tenantId, wabaId } });
    return account ? this.encryption.decrypt(account.accessTokenEncrypted, ACCESS_TOKEN_CONTEXT) : undefined;
  }

  /**
   * Repeating it changes what is different: a new token, a new secret, what WhatsApp says of the number. The unique
   * keys on WABA and phone number id hold against another tenant at the same moment.
   * @throws ConnectionError
   */
  async store(draft: ConnectionDraft): Promise<StoredConnection> {
    await this.refuseForeign(draft.tenantId, draft.wabaId, draft.number.phoneNumberId);
    return this.prisma.operator.$transaction(async (transaction) => {
      const account = await this.storeAccount(transaction, draft);
      const number = await storeNumber(transaction, draft, account.id);
      const { wabaId, number: verified, appSecret } = draft;
      await noteChange(transaction, draft.tenantId, {
        action: 'number.connected',
        ids: [number.id],
        details: {
          waba_id: wabaId,
          phone_number_id: verified.phoneNumberId,
          app_secret_given: appSecret !== undefined,
        },
      });
      return {
        accountId: account.id,
        numberId: number.id,
        isDefault: number.isDefault,
        app: account.app && {
          appKey: account.app.appKey,
          verifyToken: this.encryption.decrypt(account.app.verifyTokenEncrypted, VERIFY_TOKEN_CONTEXT),
        },
      };
    });
  }

  private async storeAccount(transaction: Transaction, draft: ConnectionDraft) {
    const { tenantId, wabaId } = draft;
    const known = await transaction.whatsappAccount.findFirst({ where: { tenantId, wabaId } });
    const appId = draft.appSecret === undefined ? known?.appId : await this.storeApp(transaction, draft, known?.appId);
    const data = {
      appId: appId ?? null,
      accessTokenEncrypted: this.seal(draft.accessToken, ACCESS_TOKEN_CONTEXT),
    };
    return known
      ? transaction.whatsappAccount.update({ where: { id: known.id, tenantId }, data, include: { app: true } })
      : transaction.whatsappAccount.create({ data: { tenantId, wabaId, ...data }, include: { app: true } });
  }

  /** The account's own app gets the secret; else the tenant's app that has this secret; else a new app. */
  private async storeApp(
    transaction: Transaction,
    { tenantId, appSecret = '' }: ConnectionDraft,
    currentId: number | null | undefined,
  ): Promise<number> {
    const appSecretEncrypted = this.seal(appSecret, APP_SECRET_CONTEXT);
    const apps = await transaction.whatsappApp.findMany({ where: { tenantId }, orderBy: { id: 'asc' } });
    const same = apps.find((app) => this.encryption.decrypt(app.appSecretEncrypted, APP_SECRET_CONTEXT) === appSecret);
    if (same) return same.id;
    if (currentId) {
      await transaction.whatsappApp.update({ where: { id: currentId, tenantId }, data: { appSecretEncrypted } });
      return currentId;
    }
    const verifyTokenEncrypted = this.seal(randomBytes(24).toString('base64url'), VERIFY_TOKEN_CONTEXT);
    const appKey = randomBytes(16).toString('hex');
    return (
      await transaction.whatsappApp.create({ data: { tenantId, appKey, appSecretEncrypted, verifyTokenEncrypted } })
    ).id;
  }

  private seal(plain: string, context: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.encryption.encrypt(plain, context));
  }
}

async function storeNumber(transaction: Transaction, draft: ConnectionDraft, accountId: number) {
  const { tenantId, number, makeDefault } = draft;
  const { phoneNumberId } = number;
  const known = await transaction.phoneNumber.findFirst({ where: { tenantId, phoneNumberId } });
  const hasDefault = (await transaction.phoneNumber.count({ where: { tenantId, isDefault: true } })) > 0;
  const isDefault = makeDefault || !hasDefault || known?.isDefault === true;
  if (makeDefault)
    await transaction.phoneNumber.updateMany({ where: { tenantId, isDefault: true }, data: { isDefault: false } });
  const data = { accountId, isDefault, ...numberColumns(number) };
  return known
    ? transaction.phoneNumber.update({ where: { id: known.id, tenantId }, data })
    : transaction.phoneNumber.create({ data: { tenantId, phoneNumberId, ...data } });
}

/** What WhatsApp says of a number, as the table keeps it. */
export function numberColumns(number: ObservedNumber) {
  const { displayPhoneNumber, verifiedName, nameStatus, ratePerSecond, throughputLevel, qualityRating } = number;
  const { messagingLimitTier } = number;
  return {
    ...{ displayPhoneNumber, verifiedName, nameStatus, ratePerSecond, throughputLevel, qualityRating },
    messagingLimitTier,
  };
}
