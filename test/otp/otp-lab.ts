import { randomInt } from 'node:crypto';
import type { ApiAnswer, ApiClient } from '../support/api-client.js';
import { NO_PAIR_LIMIT, TestTenant, type TenantOptions } from '../support/tenant.js';

type Json = Record<string, unknown>;

/** As long as a call may wait: also on a busy machine the answer is WhatsApp's. */
const PATIENT = { prefer: 'wait=30' };

/** The authentication template that every account of the sandbox has. */
export const TEMPLATE = { template_name: 'verification_code', language: 'en_US' };

/** A tenant of its own that sends and verifies codes, with the sandbox as the phones. */
export class OtpLab {
  private constructor(readonly tenant: TestTenant) {}

  static async create(options: TenantOptions = {}): Promise<OtpLab> {
    const tenant = await TestTenant.create({
      throughput: 1000,
      ...options,
      sandboxNumber: { ...NO_PAIR_LIMIT, ...options.sandboxNumber },
    });
    const lab = new OtpLab(tenant);
    if (!options.withoutNumber) await lab.sync();
    return lab;
  }

  async sync(): Promise<void> {
    expect((await this.tenant.api.request('POST', '/api/v2/templates/sync')).status).toBe(200);
  }

  /** A phone that nobody else has. */
  phone(): string {
    return `2010${randomInt(10_000_000, 99_999_999)}`;
  }

  send(fields: Json, headers: Record<string, string> = PATIENT, api?: ApiClient): Promise<ApiAnswer> {
    return this.post('send-otp', { ...TEMPLATE, ...fields }, headers, api);
  }

  resend(fields: Json, headers: Record<string, string> = PATIENT, api?: ApiClient): Promise<ApiAnswer> {
    return this.post('resend', { ...TEMPLATE, ...fields }, headers, api);
  }

  verify(fields: Json, api?: ApiClient): Promise<ApiAnswer> {
    return this.post('verify', fields, {}, api);
  }

  status(fields: Json): Promise<ApiAnswer> {
    return this.post('status', fields);
  }

  /** Sends a code that is known to have arrived. */
  async sent(fields: Json): Promise<ApiAnswer> {
    const answer = await this.send(fields);
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 200, error: undefined });
    expect(answer.body.data).toMatchObject({ status: 'sent' });
    return answer;
  }

  /** The code that the phone shows for the message of a send. */
  async codeOf({ body }: ApiAnswer): Promise<string> {
    const [shown] = await this.tenant.control.codes(this.tenant.phoneNumberId, {
      wamid: String(body.data?.message_id),
    });
    if (!shown) throw new Error(`no phone shows a code: ${JSON.stringify(body)}`);
    return shown.code;
  }

  /** Moves the clock of one phone on: all that was stored of it lies so many seconds further back. */
  async later(phone: string, seconds: number): Promise<void> {
    const back = `interval '${seconds} seconds'`;
    await this.tenant.rows(
      `UPDATE one_time_codes SET expires_at = expires_at - ${back}, created_at = created_at - ${back}
        WHERE tenant_id = $1 AND phone = $2`,
      [this.tenant.id, phone],
    );
    const moved = (column: string) => `${column} = ARRAY(SELECT t - ${back} FROM unnest(${column}) AS t)`;
    await this.tenant.rows(
      `UPDATE one_time_code_limits SET ${['sends', 'resends', 'verifications'].map(moved).join(', ')}
        WHERE tenant_id = $1 AND phone = $2`,
      [this.tenant.id, phone],
    );
  }

  close(): Promise<void> {
    return this.tenant.close();
  }

  private post(path: string, fields: Json, headers: Record<string, string> = {}, api = this.tenant.api) {
    return api.request('POST', `/api/v2/auth/${path}`, {
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }
}

/** Status and code of an answer: `200`, or `422 INVALID_CODE`. */
export const told = ({ status, body }: ApiAnswer): string =>
  [status, ...(body.error ? [body.error.code] : [])].join(' ');

/** How many of the answers said what. */
export function counted(answers: readonly ApiAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[told(answer)] = (counts[told(answer)] ?? 0) + 1;
  return counts;
}
