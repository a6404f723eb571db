import { parseOutcome } from './outcome-channel.js';

const OUTCOME = {
  key: 'k',
  message_id: 7,
  status: 'sent',
  wamid: 'wamid.x',
  sent_at: '2026-01-01T00:00:00.000Z',
  error: null,
};

describe('what comes over an outcome channel', () => {
  it('is read back as it was published', () => {
    expect(parseOutcome(JSON.stringify(OUTCOME))).toEqual(OUTCOME);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no key', JSON.stringify({ ...OUTCOME, key: undefined })],
    ['an id that is text', JSON.stringify({ ...OUTCOME, message_id: '7' })],
    ['no status', JSON.stringify({ ...OUTCOME, status: undefined })],
    ['no error field', JSON.stringify({ ...OUTCOME, error: undefined })],
  ])('is nothing of ours: %s', (_what, text) => {
    expect(parseOutcome(text)).toBeNull();
  });
});
