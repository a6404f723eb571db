import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS, readSettings } from './settings.js';

describe('settings', () => {
  it('have defaults', () => {
    expect(readSettings({})).toEqual(DEFAULT_SETTINGS);
    expect(DEFAULT_SETTINGS).toMatchObject({
      port: 4010,
      host: '127.0.0.1',
      delays: { sent: 100, delivered: 500, read: 1500 },
    });
  });

  it('come from the environment', () => {
    const env = {
      SANDBOX_PORT: '0',
      SANDBOX_HOST: '::1',
      SANDBOX_SEED: '42',
      SANDBOX_DELAYS: 'sent=1, delivered=2,read=never',
      SANDBOX_MEDIA_MB: '1',
    };
    expect(readSettings(env)).toEqual({
      port: 0,
      host: '::1',
      seed: 42,
      delays: { sent: 1, delivered: 2, read: null, played: 2500 },
      mediaBytes: 1024 * 1024,
    });
  });

  it('name everything that is wrong at once', () => {
    const env = { SANDBOX_PORT: '70000', SANDBOX_SEED: 'x', SANDBOX_DELAYS: 'sent=-1,seen=3' };
    expect(() => readSettings(env)).toThrow(/SANDBOX_PORT.*SANDBOX_SEED.*"sent=-1".*"seen=3"/);
  });
});
