import { ApiClient } from '../support/api-client.js';
import { sharedPlace } from '../support/tenant.js';
import { command, commandJson } from './command.js';
import { operatorEnvironment, sandbox } from './place.js';

interface Provisioned {
  tenant_id: number;
  token: string | null;
  phone_number_id: string;
}

const env = operatorEnvironment();
const provision = (...more: string[]): Promise<Provisioned> =>
  commandJson<Provisioned>(['dev', 'provision', ...more], env);

describe('dev provision', () => {
  it('makes the demo tenant once, with a working token only when a new one is asked for', async () => {
    const first = await provision('--new-token');
    const [number] = (await sandbox().defaults()).phone_numbers;
    expect(first.phone_number_id).toBe(number?.phone_number_id);
    const api = new ApiClient(sharedPlace().apiUrl, first.token ?? '');
    const answer = await api.getMessage(1);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-ratelimit-limit')).toBe('6000');
    expect(await provision()).toEqual({ ...first, token: null });
    const second = await provision('--new-token');
    expect(second.tenant_id).toBe(first.tenant_id);
    expect(second.token).not.toBe(first.token);
    expect((await api.getMessage(1)).status).toBe(404);
  });

  it('connects a number that can work at once: default, subscribed, not paused, templates there', async () => {
    const { tenant_id: tenantId, phone_number_id: phoneNumberId } = await provision();
    expect(await commandJson(['whatsapp', 'check', '--tenant', String(tenantId)], env)).toMatchObject([
      { phone_number_id: phoneNumberId, is_default: true, rate_per_second: 80, paused: null, faults: [] },
    ]);
  });

  it('says so in one line when there is no sandbox', async () => {
    const { code, stderr } = await command(['dev', 'provision'], {
      ...env,
      WHATSAPP_API_BASE_URL: 'http://127.0.0.1:1',
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: The sandbox does not answer at http://127.0.0.1:1/control/defaults (ECONNREFUSED)\n',
    });
  });

  it('says so when the server is not the sandbox', async () => {
    const { code, stderr } = await command(['dev', 'provision'], {
      ...env,
      WHATSAPP_API_BASE_URL: sharedPlace().apiUrl,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: The sandbox does not answer at .*\n$/);
  });
});
