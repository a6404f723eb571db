import { Injectable } from '@nestjs/common';
import axios from 'axios';
import { Settings } from '../platform/config/settings.js';
import { ApiTokensService } from '../tenants/api-tokens.service.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { ConnectionsService } from '../whatsapp/connection/connections.service.js';
import { CommandError } from './failure.js';

const SUBDOMAIN = 'demo';
const CALLS_PER_MINUTE = 6000;
const SANDBOX_TIMEOUT_MS = 5000;

export interface Provisioned {
  readonly tenantId: number;
  readonly phoneNumberId: string;
  /** Null unless a new one was asked for. */
  readonly token: string | null;
}

/** The account that the sandbox is born with. */
interface SandboxDefaults {
  readonly accessToken: string;
  readonly wabaId: string;
  readonly phoneNumberId: string;
}

/** The tenant that development and trials use: every feature, no limit, one number of the sandbox. */
@Injectable()
export class DemoTenant {
  constructor(
    private readonly settings: Settings,
    private readonly tenants: TenantsService,
    private readonly tokens: ApiTokensService,
    private readonly connections: ConnectionsService,
  ) {}

  /**
   * Makes what is missing and leaves what is there; connecting again takes over what the sandbox has now.
   * @throws CommandError in production, or when the sandbox does not answer
   */
  async provision({ newToken }: { newToken: boolean }): Promise<Provisioned> {
    if (this.settings.NODE_ENV === 'production') throw new CommandError('The demo tenant is for development only');
    const sandbox = await this.askSandbox();
    const tenant = (await this.tenants.findBySubdomain(SUBDOMAIN)) ?? (await this.createTenant());
    await this.connections.connect({
      tenantId: tenant.id,
      wabaId: sandbox.wabaId,
      phoneNumberId: sandbox.phoneNumberId,
      accessToken: sandbox.accessToken,
      makeDefault: true,
      overrideCallback: true,
    });
    return {
      tenantId: tenant.id,
      phoneNumberId: sandbox.phoneNumberId,
      token: newToken ? await this.createToken(tenant.id) : null,
    };
  }

  private createTenant() {
    return this.tenants.create({
      name: 'Demo',
      subdomain: SUBDOMAIN,
      defaultSource: 'WhatsApp',
      defaultStatus: 'New',
      defaultAssignee: 'Demo Agent',
    });
  }

  private async createToken(tenantId: number): Promise<string> {
    const wanted = { tenantId, name: 'demo', scopes: ['*'], rateLimitPerMinute: CALLS_PER_MINUTE };
    return (await this.tokens.create(wanted)).token;
  }

  private async askSandbox(): Promise<SandboxDefaults> {
    const url = `${this.settings.WHATSAPP_API_BASE_URL.replace(/\/+$/, '')}/control/defaults`;
    try {
      const { data } = await axios.get<unknown>(url, { timeout: SANDBOX_TIMEOUT_MS, proxy: false, maxRedirects: 0 });
      return readDefaults(data);
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      throw new CommandError(`The sandbox does not answer at ${url} (${error.code ?? 'no reason known'})`, {
        cause: error,
      });
    }
  }
}

function readDefaults(data: unknown): SandboxDefaults {
  const text = (name: string): string => {
    const value: unknown =
      typeof data === 'object' && data !== null ? Object.entries(data).find(([key]) => key === name)?.[1] : undefined;
    if (typeof value !== 'string') throw new CommandError(`The sandbox's defaults have no ${name}`);
    return value;
  };
  return { accessToken: text('access_token'), wabaId: text('waba_id'), phoneNumberId: text('phone_number_id') };
}
