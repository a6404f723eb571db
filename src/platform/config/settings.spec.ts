import { readSettings, SettingsError } from './settings.js';

const complete = {
  DATABASE_URL: 'postgresql://rasl@127.0.0.1/rasl',
  REDIS_URL: 'redis://127.0.0.1:6379',
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  WHATSAPP_API_BASE_URL: 'http://127.0.0.1:4010',
  WHATSAPP_APP_SECRET: 'secret',
  WHATSAPP_VERIFY_TOKEN: 'verify-me',
};

const faultsOf = (environment: NodeJS.ProcessEnv): string[] => {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
};

describe('readSettings', () => {
  it('takes the defaults for what is not named', () => {
    const settings = readSettings(complete);
    expect(settings).toMatchObject({ NODE_ENV: 'development', ROLE: 'all', PORT: 3000, SEND_WAIT_MS: 5000 });
  });

  it('names everything that is missing at once', () => {
    const text = faultsOf({}).join('\n');
    for (const name of Object.keys(complete)) expect(text).toContain(name);
  });

  it('asks for more in production', () => {
    const text = faultsOf({ ...complete, NODE_ENV: 'production' }).join('\n');
    expect(text).toContain('PUBLIC_URL');
  });

  it('counts an empty variable as not set', () => {
    expect(faultsOf({ ...complete, REDIS_URL: '' }).join()).toContain('REDIS_URL is required');
    expect(readSettings({ ...complete, PORT: '' }).PORT).toBe(3000);
  });

  it.each([
    ['PORT', '65535', '65536'],
    ['PORT', '0', '-1'],
    ['SEND_WAIT_MS', '30000', '30001'],
    ['SEND_WAIT_MS', '0', '1.5'],
    ['DATABASE_POOL_SIZE', '2', '1'],
    ['WHATSAPP_API_VERSION', 'v26.0', '26'],
    ['LOG_LEVEL', 'debug', 'loud'],
    ['ROLE', 'worker', 'boss'],
    ['REDIS_URL', 'rediss://h', 'http://h'],
    ['REDIS_CLUSTER', 'true', 'yes'],
    ['REDIS_CLUSTER', 'false', '1'],
    ['DATABASE_URL', 'postgres://h/d', 'mysql://h/d'],
    ['ENCRYPTION_KEY', Buffer.alloc(32).toString('base64'), Buffer.alloc(31).toString('base64')],
    ['WHATSAPP_VERIFY_TOKEN', '12345678', '1234567'],
  ])('%s may be %s and not %s', (name, good, bad) => {
    expect(faultsOf({ ...complete, [name]: good })).toEqual([]);
    expect(faultsOf({ ...complete, [name]: bad }).join()).toContain(name);
  });

  it('wants a password of 12 characters as soon as the operator port is not on loopback', () => {
    expect(faultsOf({ ...complete, OPERATOR_HOST: '::1' })).toEqual([]);
    expect(faultsOf({ ...complete, OPERATOR_HOST: '0.0.0.0' }).join()).toContain('OPERATOR_PASSWORD');
    expect(faultsOf({ ...complete, OPERATOR_HOST: '0.0.0.0', OPERATOR_PASSWORD: '12345678901' })).toHaveLength(1);
    expect(faultsOf({ ...complete, OPERATOR_HOST: '0.0.0.0', OPERATOR_PASSWORD: '123456789012' })).toEqual([]);
  });

  it('takes several nodes of a Redis Cluster, all spoken to in one way', () => {
    const faults = (REDIS_CLUSTER: string, REDIS_URL: string) => faultsOf({ ...complete, REDIS_CLUSTER, REDIS_URL });
    expect(readSettings(complete).REDIS_CLUSTER).toBe(false);
    expect(faults('true', 'redis://a')).toEqual([]);
    expect(faults('true', 'rediss://u:p,w@a:7000,rediss://u:p,w@[::1]:7001/')).toEqual([]);
    expect(faults('false', 'redis://a,redis://b')).toEqual([expect.stringContaining('REDIS_CLUSTER=true')]);
    // A comma that begins no URL belongs to a password.
    expect(faults('false', 'redis://:p,w@a')).toEqual([]);
    for (const mixed of ['redis://a,rediss://b', 'redis://:p@a,redis://:q@b', 'redis://u:p@a,redis://:p@b']) {
      expect(faults('true', mixed)).toEqual([expect.stringContaining('same scheme, user and password')]);
    }
    for (const wrong of ['redis://a/1', 'redis://a?family=6', 'redis://a:70000', 'redis://a,b']) {
      expect(faults('true', wrong)).toEqual([expect.stringContaining('REDIS_URL of a Cluster')]);
    }
  });

  it('wants a name of its own for every encryption key', () => {
    const [a, b] = [2, 3].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const previous = (keys: string, id = 'k3') =>
      faultsOf({ ...complete, ENCRYPTION_KEY_ID: id, ENCRYPTION_PREVIOUS_KEYS: keys });
    expect(previous(`k2:${a},k1:${b}`)).toEqual([]);
    expect(previous(`k2:${a},k3:${b}`)).toEqual([expect.stringContaining('ENCRYPTION_KEY_ID')]);
    expect(previous(`k2:${a},k2:${b}`)).toEqual(['ENCRYPTION_PREVIOUS_KEYS must name each key once']);
    // The default name counts too.
    expect(faultsOf({ ...complete, ENCRYPTION_PREVIOUS_KEYS: `k1:${a}` })).toEqual([
      expect.stringContaining('must not name k1'),
    ]);
  });

  it('wants the submit lease longer than the call may take', () => {
    expect(faultsOf({ ...complete, SUBMIT_LEASE_S: '30', WHATSAPP_TIMEOUT_MS: '30000' })).toHaveLength(1);
    expect(faultsOf({ ...complete, SUBMIT_LEASE_S: '31', WHATSAPP_TIMEOUT_MS: '30000' })).toEqual([]);
  });
});
