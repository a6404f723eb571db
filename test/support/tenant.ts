import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { generateToken } from '../../src/auth-scopes/token.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { ApiClient } from './api-client.js';
import { baseEnvironment } from './environment.js';
import { SandboxControl } from './sandbox-control.js';

/** Where an installation is; by default the one that all end-to-end tests share. */
export interface Place {
  apiUrl: string;
  sandboxUrl: string;
  databaseUrl: string;
}

/** The installation that `npm test` started for all end-to-end tests. */
export function sharedPlace(): Place {
  const { E2E_API_URL, E2E_SANDBOX_URL, E2E_DATABASE_URL } = process.env;
  if (!E2E_API_URL || !E2E_SANDBOX_URL || !E2E_DATABASE_URL) throw new Error('run the end-to-end tests by "npm test"');
  return { apiUrl: E2E_API_URL, sandboxUrl: E2E_SANDBOX_URL, databaseUrl: E2E_DATABASE_URL };
}

export interface TenantOptions {
  place?: Place;
  scopes?: string[];
  ratePerMinute?: number;
  /** Messages a second that WhatsApp allows the number; also written into our row. */
  throughput?: number;
  limits?: { contacts?: number; conversations?: number };
  /** Without default status, source and assignee. */
  withoutDefaults?: boolean;
  /** Not connected to WhatsApp. */
  withoutNumber?: boolean;
  settings?: { unknown_policy?: 'fail' | 'resend'; enforce_service_window?: boolean; message_expires_in_s?: number };
  /** Further fields of the number in the sandbox (behaviour, pair_limit, enforce_window …). */
  sandboxNumber?: Record<string, unknown>;
}

/** A sandbox number for tests that send much to one recipient. */
export const NO_PAIR_LIMIT = { pair_limit: { burst: 1000, interval_s: 0.001 } };

/** A tenant of its own for one test: token, plan, defaults, and a number connected to an account in the sandbox. */
export class TestTenant {
  private constructor(
    readonly id: number,
    readonly api: ApiClient,
    readonly control: SandboxControl,
    readonly phoneNumberId: string,
    readonly wabaId: string,
    readonly numberId: number,
    readonly database: pg.Pool,
    readonly defaults: { sourceId: number; statusId: number; assigneeId: number },
  ) {}

  static async create(options: TenantOptions = {}): Promise<TestTenant> {
    const place = options.place ?? sharedPlace();
    const control = new SandboxControl(place.sandboxUrl);
    const database = new pg.Pool({ connectionString: place.databaseUrl, max: 2, options: '-c timezone=UTC' });
    const key = randomBytes(6).toString('hex');
    const insert = async (text: string, values: unknown[]): Promise<number> => {
      const { rows } = await database.query<{ id: number }>(`${text} RETURNING id`, values);
      const [row] = rows;
      if (!row) throw new Error(`nothing was inserted by ${text}`);
      return row.id;
    };

    const planId = await insert(
      `INSERT INTO plans (name, limit_contacts, limit_conversations, features) VALUES ($1, $2, $3, '{"whatsapp_templates":true}')`,
      [`plan ${key}`, options.limits?.contacts ?? -1, options.limits?.conversations ?? -1],
    );
    const settings = {
      unknown_policy: 'fail',
      enforce_service_window: false,
      message_expires_in_s: 86_400,
      ...options.settings,
    };
    const id = await insert(
      `INSERT INTO tenants (name, subdomain, plan_id, unknown_policy, enforce_service_window, message_expires_in_s)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        `Tenant ${key}`,
        `t-${key}`,
        planId,
        settings.unknown_policy,
        settings.enforce_service_window,
        settings.message_expires_in_s,
      ],
    );
    const defaults = {
      sourceId: await insert('INSERT INTO sources (tenant_id, name) VALUES ($1, $2)', [id, 'API']),
      statusId: await insert('INSERT INTO statuses (tenant_id, name) VALUES ($1, $2)', [id, 'New']),
      assigneeId: await insert('INSERT INTO staff (tenant_id, name) VALUES ($1, $2)', [id, 'Nour']),
    };
    if (!options.withoutDefaults) {
      await database.query(
        'UPDATE tenants SET default_source_id = $2, default_status_id = $3, default_assigned_id = $4 WHERE id = $1',
        [id, defaults.sourceId, defaults.statusId, defaults.assigneeId],
      );
    }
    const { token, hash, hint } = generateToken();
    await database.query(
      'INSERT INTO api_tokens (tenant_id, name, token_hash, hint, scopes, rate_limit_per_minute) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, 'test', hash, hint, options.scopes ?? ['*'], options.ratePerMinute ?? 100_000],
    );

    let phoneNumberId = '';
    let wabaId = '';
    let numberId = 0;
    if (!options.withoutNumber) {
      const throughput = options.throughput ?? 80;
      const { app_id } = await control.defaults();
      const account = await control.createAccount({
        app_id,
        name: `Account ${key}`,
        phone_numbers: [{ throughput, ...options.sandboxNumber }],
      });
      const [number] = account.phone_numbers;
      if (!number) throw new Error('the sandbox made no number');
      phoneNumberId = number.phone_number_id;
      wabaId = account.waba_id;
      const encryption = new Encryption(readSettings(baseEnvironment()));
      const accountId = await insert(
        'INSERT INTO whatsapp_accounts (tenant_id, waba_id, access_token_encrypted) VALUES ($1, $2, $3)',
        [id, wabaId, encryption.encrypt(account.access_token, 'whatsapp_accounts.access_token')],
      );
      numberId = await insert(
        `INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number, is_default, rate_per_second)
         VALUES ($1, $2, $3, $4, true, $5)`,
        [id, accountId, phoneNumberId, number.display_phone_number, throughput],
      );
    }
    return new TestTenant(
      id,
      new ApiClient(place.apiUrl, token),
      control,
      phoneNumberId,
      wabaId,
      numberId,
      database,
      defaults,
    );
  }

  /** The customer with this phone has written in: the service window is open (in the sandbox; no webhook). */
  async openWindow(phone: string): Promise<void> {
    await this.control.openWindow(this.phoneNumberId, phone);
  }

  async insertContact(contact: {
    phone?: string;
    firstname?: string;
    lastname?: string;
    email?: string;
    is_opted_out?: boolean;
  }): Promise<number> {
    const { rows } = await this.database.query<{ id: number }>(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone, email, is_opted_out, status_id, source_id)
       VALUES ($1, $2, $3, 'lead', $4, $5, $6, $7, $8) RETURNING id`,
      [
        this.id,
        contact.firstname ?? 'Mona',
        contact.lastname ?? 'Ali',
        contact.phone ?? null,
        contact.email ?? null,
        contact.is_opted_out ?? false,
        this.defaults.statusId,
        this.defaults.sourceId,
      ],
    );
    await this.database.query('UPDATE tenants SET contact_count = contact_count + 1 WHERE id = $1', [this.id]);
    return rows[0]?.id ?? 0;
  }

  /** Rows of a query on the tenant's database. */
  async rows<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.query<T>(text, values)).rows;
  }

  /** Ends the test's own connections. The tenant stays; nothing else uses it. */
  async close(): Promise<void> {
    await this.database.end();
  }
}
