import { Injectable } from '@nestjs/common';
import { forbidden, serviceUnavailable, unauthorized } from '../../../platform/http/api-error.js';
import { Metrics } from '../../../platform/metrics/metrics.js';
import { isSameSecret, isSignedBy } from './signature.js';
import { SigningApps, type SigningApp } from './signing-apps.js';
import { WebhookInbox } from './webhook-inbox.js';

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * Takes Meta's calls: who signed them, stored raw, then answered. Nothing is parsed here. An unknown app key is
 * answered exactly like a wrong secret.
 */
@Injectable()
export class WebhookReceiver {
  constructor(
    private readonly apps: SigningApps,
    private readonly inbox: WebhookInbox,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The handshake of a callback address.
   * @returns the challenge, to be answered as it is
   * @throws ApiError 403 when mode, challenge or verify token are not right; 503 when the database is away
   */
  async verify(appKey: string | undefined, mode: unknown, token: unknown, challenge: unknown): Promise<string> {
    if (mode === 'subscribe' && isText(token) && isText(challenge)) {
      if (await this.find(appKey, (app) => isSameSecret(app.verifyToken, token))) return challenge;
    }
    throw forbidden('The verify token does not match');
  }

  /**
   * Stores a signed body; when this resolves, it is committed.
   * @throws ApiError 401 when the signature is missing or not the app's; 503 when it could not be stored, so that
   * WhatsApp repeats it (for up to 7 days)
   */
  async receive(appKey: string | undefined, signature: unknown, body: Buffer, requestId: string): Promise<void> {
    const app = isText(signature)
      ? await this.find(appKey, (known) => isSignedBy(known.secret, body, signature))
      : null;
    if (!app) {
      this.metrics.webhooksReceived.inc({ outcome: 'refused_signature' });
      throw unauthorized('X-Hub-Signature-256 does not match the body');
    }
    try {
      await this.inbox.store({ appId: app.appId, body, requestId });
    } catch (error) {
      throw serviceUnavailable(error);
    }
    this.metrics.webhooksReceived.inc({ outcome: 'stored' });
  }

  private async find(appKey: string | undefined, accepts: (app: SigningApp) => boolean): Promise<SigningApp | null> {
    try {
      return await this.apps.find(appKey, accepts);
    } catch (error) {
      throw serviceUnavailable(error);
    }
  }
}
