import { jest } from '@jest/globals';
import { MAX_EXPIRES_IN_S, MIN_EXPIRES_IN_S } from '../../tenants/message-expiry.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { SendDto } from './send.dto.js';
import { parseMoment } from '../../platform/http/validation/moment.js';

const NOW = Date.parse('2026-01-10T12:00:00Z');
const faultsOf = async (fields: object): Promise<Record<string, string[]>> =>
  (await checkDto(SendDto, { phone: '201000000000', ...fields })).faults;
const after = (ms: number): string => new Date(NOW + ms).toISOString();
const DAY = 86_400_000;

beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

describe('send_at', () => {
  it.each([
    ['2026-01-11T09:30:00Z', '2026-01-11T09:30:00.000Z'],
    ['2026-01-11T09:30:00+02:00', '2026-01-11T07:30:00.000Z'],
    ['2026-01-11T09:30:00-0530', '2026-01-11T15:00:00.000Z'],
    ['2026-01-11t09:30z', '2026-01-11T09:30:00.000Z'],
    ['2026-01-11T09:30:00.25+00:00', '2026-01-11T09:30:00.250Z'],
  ])('%s is a moment', async (text, moment) => {
    expect(parseMoment(text)?.toISOString()).toBe(moment);
    expect(await faultsOf({ send_at: text })).toEqual({});
  });

  it.each([
    '2026-01-11T09:30:00',
    '2026-01-11',
    '2026-02-30T09:30:00Z',
    '2026-01-11T24:00:00Z',
    '2026-01-11T09:60:00Z',
    '2026-01-11 09:30:00Z',
    '2026-01-11T09:30:00 02:00',
    'tomorrow',
    '1768123800',
    1_768_123_800,
    true,
    ['2026-01-11T09:30:00Z'],
  ])('%j is none', async (send_at) => {
    expect(await faultsOf({ send_at })).toEqual({
      send_at: ['send_at must be a time as ISO 8601 with its zone, such as 2026-01-31T09:30:00+02:00'],
    });
  });

  it('lies in the future, at most 30 days ahead', async () => {
    expect(await faultsOf({ send_at: after(0) })).toEqual({ send_at: ['send_at must lie in the future'] });
    expect(await faultsOf({ send_at: after(1) })).toEqual({});
    expect(await faultsOf({ send_at: after(30 * DAY) })).toEqual({});
    expect(await faultsOf({ send_at: after(30 * DAY + 1) })).toEqual({
      send_at: ['send_at must not lie more than 30 days ahead'],
    });
  });

  it('counts as absent when a form leaves it empty', async () => {
    expect(await faultsOf({ send_at: '', expires_in: '' })).toEqual({});
  });
});

describe('expires_in', () => {
  it('is 10 seconds to 30 days', async () => {
    for (const expires_in of [MIN_EXPIRES_IN_S, MAX_EXPIRES_IN_S, String(MAX_EXPIRES_IN_S)]) {
      expect(await faultsOf({ expires_in })).toEqual({});
    }
    for (const expires_in of [MIN_EXPIRES_IN_S - 1, MAX_EXPIRES_IN_S + 1, 60.5, 'soon', '-60', true]) {
      expect(Object.keys(await faultsOf({ expires_in }))).toEqual(['expires_in']);
    }
  });
});
