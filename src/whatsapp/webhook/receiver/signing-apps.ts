import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../../../platform/config/settings.js';
import { Encryption } from '../../../platform/crypto/encryption.js';
import { Postgres } from '../../../platform/database/postgres.js';
import { APP_SECRET_CONTEXT, VERIFY_TOKEN_CONTEXT } from '../../connection/secret-contexts.js';

/** A Meta app whose webhooks we take. */
export interface SigningApp {
  /** whatsapp_apps.id of a tenant's own app; null: the platform's app. */
  readonly appId: number | null;
  readonly secret: string;
  readonly verifyToken: string;
}

/** How long a tenant's app is remembered, and how long that there is none, milliseconds. */
const KNOWN_MS = 30_000;
const MISSING_MS = 5_000;
/** A remembered app is read again at most this often when a signature does not fit it (its secret was changed). */
const RECHECK_MS = 2_000;

/** Finds the app of a callback path, from the settings (platform) or the database (a tenant's own). */
@Injectable()
export class SigningApps {
  private readonly platform: SigningApp;
  private readonly apps = new LRUCache<string, { app: SigningApp | null; readAt: number }>({ max: 2000 });

  constructor(
    settings: Settings,
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {
    this.platform = {
      appId: null,
      secret: settings.WHATSAPP_APP_SECRET,
      verifyToken: settings.WHATSAPP_VERIFY_TOKEN,
    };
  }

  /**
   * The app whose callback has this key (none: the platform's) and for which `accepts` holds; null when there is no
   * such app or it does not. A changed secret or verify token is accepted at most 2 s after the change.
   */
  async find(appKey: string | undefined, accepts: (app: SigningApp) => boolean): Promise<SigningApp | null> {
    if (appKey === undefined) return accepts(this.platform) ? this.platform : null;
    const cached = this.apps.get(appKey);
    if (cached?.app && accepts(cached.app)) return cached.app;
    if (cached && performance.now() - cached.readAt < RECHECK_MS) return null;
    const app = await this.read(appKey);
    this.apps.set(appKey, { app, readAt: performance.now() }, { ttl: app ? KNOWN_MS : MISSING_MS });
    return app && accepts(app) ? app : null;
  }

  private async read(appKey: string): Promise<SigningApp | null> {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(appKey)) return null;
    const [row] = await this.postgres.query<{ id: number; secret: Buffer; verify_token: Buffer }>(
      'webhook-signing-app',
      `SELECT id, app_secret_encrypted AS secret, verify_token_encrypted AS verify_token
         FROM whatsapp_apps WHERE app_key = $1`,
      [appKey],
    );
    if (!row) return null;
    return {
      appId: row.id,
      secret: this.encryption.decrypt(row.secret, APP_SECRET_CONTEXT),
      verifyToken: this.encryption.decrypt(row.verify_token, VERIFY_TOKEN_CONTEXT),
    };
  }
}
