import { jest } from '@jest/globals';
import { Settings } from '../../platform/config/settings.js';
import type { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { RateSlots } from '../../platform/queue/rate-slots.js';
import type { CloudApiClient } from '../../whatsapp/client/cloud-api-client.js';
import type { SendResult } from '../../whatsapp/client/send-result.js';
import type { AttemptEnd } from '../attempts/attempt-end.js';
import type { AttemptStore } from '../attempts/attempt-store.js';
import type { OutgoingMedia } from '../media/outgoing-media.js';
import { claimedMessage } from '../payload/testing/claimed-message.js';
import type { GiveBack } from '../recovery/give-back.js';
import type { SlotRenewal } from '../slots/slot-renewal.js';
import type { MessagingPlaces } from '../tier/messaging-places.js';
import { InFlight } from './in-flight.js';
import type { MessagePreparation } from './message-preparation.js';
import { MessageSender } from './message-sender.js';
import { NumberBreakers } from './number-breakers.js';
import { Pace } from './pace.js';

const ACCEPTED: SendResult = { kind: 'accepted', wamid: 'wamid.1' };
const BEGIN = 5000;
const GOOD_FOR_MS = 5000;
const JOB = { id: 42, generation: 1, number_id: 5, departs_at: BEGIN, epoch: 1 };

/** The clock as it stands; what happens on a message's way moves it. */
let now = BEGIN;
beforeEach(() => {
  now = BEGIN;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** What the two last steps before the write take, milliseconds. */
interface Delays {
  submission: number;
  /** The slot is due at once, so a submission that takes its time misses it. */
  newSlot: number;
}

function senderOf({ submission, newSlot }: Delays) {
  const ends: AttemptEnd[] = [];
  const submit = jest.fn(() => {
    now += submission;
    return Promise.resolve('submitted' as const);
  });
  const store = {
    claim: () => Promise.resolve(claimedMessage({ goodUntil: BEGIN + GOOD_FOR_MS })),
    submit,
    end: ({ end }: { end: AttemptEnd }) => Promise.resolve(ends.push(end)),
  } as unknown as AttemptStore;
  const slots = {
    untilDeparture: (_number: number, departsAt: number) => departsAt - now,
    isOutdated: () => false,
  } as unknown as RateSlots;
  const renewal = {
    renew: () => {
      now += newSlot;
      return Promise.resolve({ departsAt: now, epoch: 1 });
    },
  } as unknown as SlotRenewal;
  const preparation = {
    prepare: () => Promise.resolve({ kind: 'ready', accessToken: 't', payload: {}, place: null }),
  } as unknown as MessagePreparation;
  const sendMessage = jest.fn(() => Promise.resolve(ACCEPTED));
  const settings = new Settings();
  const metrics = new Metrics();
  const log = { info: jest.fn(), warn: jest.fn() } as unknown as Log;
  const sender = new MessageSender(
    settings,
    slots,
    renewal,
    store,
    preparation,
    {} as unknown as MessagingPlaces,
    { sendMessage } as unknown as CloudApiClient,
    {} as unknown as OutgoingMedia,
    {} as unknown as GiveBack,
    new Pace(),
    new InFlight(settings),
    new NumberBreakers(slots, metrics, log),
    metrics,
    log,
  );
  return { send: () => sender.send(JOB), submit, sendMessage, ends };
}

describe('a message that expires between its submission and the write', () => {
  it.each<[string, Delays, boolean]>([
    ['is sent while it is good for a moment yet', { submission: GOOD_FOR_MS - 1, newSlot: 0 }, true],
    ['is not sent when the submission took too long', { submission: GOOD_FOR_MS, newSlot: 0 }, false],
    ['is sent from a new slot that comes in time', { submission: 100, newSlot: GOOD_FOR_MS - 101 }, true],
    ['is not sent from a new slot that comes too late', { submission: 100, newSlot: GOOD_FOR_MS - 100 }, false],
  ])('%s', async (_what, delays, isSent) => {
    const { send, submit, sendMessage, ends } = senderOf(delays);
    await send();
    expect(submit).toHaveBeenCalled();
    expect(sendMessage).toHaveBeenCalledTimes(isSent ? 1 : 0);
    expect(ends).toMatchObject([
      isSent
        ? { state: 'accepted', fate: { kind: 'sent', wamid: 'wamid.1' } }
        : { state: 'released', fate: { kind: 'again', delayMs: 0, countsAsRetry: false }, errorDetails: 'expired' },
    ]);
  });
});
