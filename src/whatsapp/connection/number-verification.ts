import { Injectable } from '@nestjs/common';
import { CloudApiManagement, type NumberFacts } from '../client/cloud-api-management.js';

/** The connection cannot be made as asked; the message says why and what to do. */
export class ConnectionError extends Error {}

/** What sending and managing need (WhatsApp, "Permissions"). */
const PERMISSIONS = ['whatsapp_business_messaging', 'whatsapp_business_management'] as const;

/** Messages a second (WhatsApp, "Throughput"): standard, upgraded, and numbers also used in the Business app. */
const RATE = { standard: 80, high: 1000, coexistence: 20 } as const;

/** What WhatsApp says of a number, and what follows for sending. */
export interface ObservedNumber extends NumberFacts {
  readonly ratePerSecond: number;
  /** The business portfolio that owns the number's account; null: WhatsApp does not say. */
  readonly businessId: string | null;
}

/** A number that exists, belongs to the account, and may be used with the token. */
export interface VerifiedNumber extends ObservedNumber {
  /** When the access token ends; null: never. */
  readonly tokenExpiresAt: Date | null;
}

/** Asks WhatsApp whether a token, an account and a number belong together, and what the number may do. */
@Injectable()
export class NumberVerification {
  constructor(private readonly management: CloudApiManagement) {}

  /**
   * @throws ConnectionError when the token is not valid, lacks a permission, or the number is not the account's
   * @throws GraphRefusedError | GraphUnavailableError
   */
  async verify(target: { wabaId: string; phoneNumberId: string; accessToken: string }): Promise<VerifiedNumber> {
    const { wabaId, phoneNumberId, accessToken } = target;
    const token = await this.management.debugToken(accessToken);
    if (!token.isValid) throw new ConnectionError('WhatsApp says that the access token is not valid, or has expired');
    const missing = PERMISSIONS.filter((permission) => !token.scopes.includes(permission));
    if (missing.length > 0) throw new ConnectionError(`The access token lacks the permission ${missing.join(' and ')}`);
    const foreign = PERMISSIONS.filter((permission) => token.targets.get(permission)?.includes(wabaId) === false);
    if (foreign.length > 0) throw new ConnectionError(`The access token has no access to account ${wabaId}`);
    const numbers = await this.management.listPhoneNumbers(wabaId, accessToken);
    if (!numbers.some((number) => number.phoneNumberId === phoneNumberId)) {
      const known = numbers.map((number) => `${number.phoneNumberId} (${number.displayPhoneNumber})`).join(', ');
      throw new ConnectionError(
        `Phone number id ${phoneNumberId} is not one of account ${wabaId}. It has: ${known || 'none'}`,
      );
    }
    return { ...(await this.observe(target)), tokenExpiresAt: token.expiresAt };
  }

  /**
   * Asks about the number alone, as is done every hour.
   * @throws GraphRefusedError | GraphUnavailableError
   */
  async observe(target: { wabaId: string; phoneNumberId: string; accessToken: string }): Promise<ObservedNumber> {
    const { wabaId, phoneNumberId, accessToken } = target;
    const [facts, coexists, businessId] = await Promise.all([
      this.management.getPhoneNumber(phoneNumberId, accessToken),
      this.management.isOnBusinessApp(phoneNumberId, accessToken),
      this.management.getOwnerBusinessId(wabaId, accessToken),
    ]);
    return { ...facts, ratePerSecond: rateOf(facts, coexists), businessId };
  }
}

function rateOf(facts: NumberFacts, coexists: boolean): number {
  if (coexists) return RATE.coexistence;
  return facts.throughputLevel === 'HIGH' ? RATE.high : RATE.standard;
}
