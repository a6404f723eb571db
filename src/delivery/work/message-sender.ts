import { Injectable } from '@nestjs/common';
import { CONTACT_OPTED_OUT } from '../../contacts/opt-out/opt-states.js';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { DeliveryJob } from '../../platform/queue/delivery-queue.js';
import { LATE_AFTER_MS, RateSlots } from '../../platform/queue/rate-slots.js';
import { CloudApiClient } from '../../whatsapp/client/cloud-api-client.js';
import type { AttemptEnd } from '../attempts/attempt-end.js';
import { AttemptStore } from '../attempts/attempt-store.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { decideEnd, failedHere, notWritten, releasedUnsent, surelyNotTaken } from '../attempts/decide-end.js';
import { OutgoingMedia } from '../media/outgoing-media.js';
import { withoutValues } from '../payload/without-values.js';
import { GiveBack } from '../recovery/give-back.js';
import { Departures } from '../slots/departures.js';
import { SlotRenewal, type Slot } from '../slots/slot-renewal.js';
import { MessagingPlaces } from '../tier/messaging-places.js';
import type { Place } from '../tier/places.js';
import { InFlight } from './in-flight.js';
import { Lead } from './lead.js';
import { MessagePreparation, type Preparation } from './message-preparation.js';
import { NumberBreakers, type Pass } from './number-breakers.js';
import { Pace } from './pace.js';

/** A message without a slot goes back for this long: others of its number are before it. */
const NO_SLOT_PAUSE_MS = 500;
/** WhatsApp answers these when it cannot use the file: an upload that we reused may be gone. */
const MEDIA_FAULTS: ReadonlySet<number> = new Set([131009, 131053]);

/**
 * Takes one released message to its outcome:
 *
 *   slot → claimed → prepared → submitting (committed) → not late? → the call → its end (committed) → told
 *
 * Every step can be the last one of this process: what was claimed is released again when its lease lapses, what was
 * submitting becomes `unknown`, and a message is sent only by the attempt that the database says is its newest.
 */
@Injectable()
export class MessageSender {
  private readonly departures = new Departures();
  /** A submission that is older than this when its request is to be written gets a new lease: the call must fit in. */
  private readonly freshMs: number;
  private readonly claimLead = new Lead();
  private readonly submitLead = new Lead();

  constructor(
    settings: Settings,
    private readonly slots: RateSlots,
    private readonly renewal: SlotRenewal,
    private readonly store: AttemptStore,
    private readonly preparation: MessagePreparation,
    private readonly places: MessagingPlaces,
    private readonly client: CloudApiClient,
    private readonly media: OutgoingMedia,
    private readonly giveBack: GiveBack,
    private readonly pace: Pace,
    private readonly inFlight: InFlight,
    private readonly breakers: NumberBreakers,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.freshMs = (settings.SUBMIT_LEASE_S * 1000 - settings.WHATSAPP_TIMEOUT_MS) / 2;
  }

  /** Resolves when the message has left this process' hands. Rejects when the database is away. */
  async send(job: DeliveryJob): Promise<void> {
    const departed = this.pace.take();
    try {
      const slot: Slot = { departsAt: job.departs_at, epoch: job.epoch };
      const lead = this.claimLead.milliseconds + this.submitLead.milliseconds;
      const stays = await this.departures.waitTogether(this.untilDeparture(job.number_id, slot) - lead);
      if (!stays || !(await this.attemptInPlace(job, slot, departed))) {
        departed(false);
        await this.giveBack.released(job);
      }
    } finally {
      departed();
    }
  }

  /** False: the number has its share of the places, or its breaker is open. It must not wait here before the others. */
  private async attemptInPlace(job: DeliveryJob, slot: Slot, departed: () => void): Promise<boolean> {
    const { number_id: numberId } = job;
    const pass = this.breakers.enter(numberId);
    if (!pass) return false;
    try {
      if (!(await this.inFlight.enter(numberId))) return false;
      try {
        await this.attempt(job, slot, pass, departed);
      } finally {
        this.inFlight.leave(numberId);
      }
      return true;
    } finally {
      pass.leave();
    }
  }

  /** What waits for its slot is given back; what is on the wire goes on to its end. */
  stop(): void {
    this.departures.stop();
  }

  private async attempt(job: DeliveryJob, slot: Slot, pass: Pass, departed: () => void): Promise<void> {
    const begun = performance.now();
    const message = await this.store.claim(job, job.number_id);
    this.claimLead.took(performance.now() - begun);
    // Released again meanwhile, in work elsewhere, ended or paused: steps aside.
    if (!message) return;
    this.inFlight.learn(message.number.id, message.number.ratePerSecond);
    // Handing a file over costs no work while WhatsApp takes its time, and may hang.
    if (message.media && this.media.isSlow(message.media)) departed();
    const preparation = await this.preparation.prepare(message);
    if (preparation.kind === 'ended') return this.finish(message, preparation.end);
    const submission = await this.submit(message, slot);
    if (submission === null) {
      if (preparation.place) await this.places.giveBack(preparation.place);
      return;
    }
    if (submission !== true) return this.finish(message, submission, preparation.place);
    departed();
    await this.finish(message, await this.call(message, preparation, pass), preparation.place);
  }

  /**
   * From a prepared message to the moment in which its request may be written: true. Else how the attempt ends
   * without one; null when the message is no longer ours.
   */
  private async submit(message: ClaimedMessage, reserved: Slot): Promise<true | null | AttemptEnd> {
    const { number } = message;
    let slot: Slot | null = reserved;
    let submittedAt = -Infinity;
    // A slot that is missed already is given up before the submission when that will be quick enough for the next one.
    if (this.missed(number.id, slot) && this.submitLead.milliseconds < LATE_AFTER_MS / 2) {
      slot = await this.renew(message, slot);
    }
    while (slot) {
      if (!(await this.departures.wait(this.untilDeparture(number.id, slot) - this.submitLead.milliseconds))) break;
      if (performance.now() - submittedAt > this.freshMs) {
        const held = await this.commitSubmission(message);
        if (held !== true) return held;
        submittedAt = performance.now();
      }
      if (!(await this.departures.wait(this.untilDeparture(number.id, slot)))) break;
      if (isOver(message)) return releasedUnsent('expired', 0);
      // The last look before the write: nothing has left yet, so the same attempt may wait for a new slot.
      if (!this.missed(number.id, slot)) return true;
      slot = await this.renew(message, slot);
    }
    return slot ? releasedUnsent('the worker stops', 0) : releasedUnsent('no slot', NO_SLOT_PAUSE_MS);
  }

  private renew({ number, phone, recipientUserId }: ClaimedMessage, missed: Slot): Promise<Slot | null> {
    const recipient = phone ?? recipientUserId ?? '';
    return this.renewal.renew({ numberId: number.id, ratePerSecond: number.ratePerSecond, recipient, missed });
  }

  /** True: committed. Null: the message is no longer ours. An end: it may not be sent, or nobody can say; nothing was written. */
  private async commitSubmission(message: ClaimedMessage): Promise<true | null | AttemptEnd> {
    const begun = performance.now();
    try {
      const submission = await this.store.submit(message);
      if (submission === 'gone') return null;
      return submission === 'submitted' || failedHere(CONTACT_OPTED_OUT, submission.unwanted, null);
    } catch (error) {
      this.log.warn({ err: error, message_id: message.id }, 'a submission could not be stored');
      return notWritten('the database was away', message, Math.random());
    } finally {
      this.submitLead.took(performance.now() - begun);
    }
  }

  private async call(
    message: ClaimedMessage,
    { accessToken, payload }: Extract<Preparation, { kind: 'ready' }>,
    pass: Pass,
  ): Promise<AttemptEnd> {
    this.metrics.sendDelay.observe(Math.max(0, Date.now() - message.dueAt.getTime()) / 1000);
    const done = this.metrics.sendDuration.startTimer();
    const answer = await this.client.sendMessage({
      phoneNumberId: message.number.phoneNumberId,
      accessToken,
      payload,
    });
    done();
    pass.ended(answer);
    const result = isCode(message) ? withoutValues(answer, payload) : answer;
    if (result.kind === 'refused' && message.media && MEDIA_FAULTS.has(result.code)) {
      await this.forgetUpload(message, message.media);
    }
    return decideEnd(result, message, Math.random());
  }

  private async forgetUpload(message: ClaimedMessage, media: NonNullable<ClaimedMessage['media']>): Promise<void> {
    try {
      await this.media.forget(message, media);
    } catch (error) {
      this.log.warn({ err: error, message_id: message.id }, 'an upload could not be forgotten');
    }
  }

  private async finish(message: ClaimedMessage, end: AttemptEnd, place: Place | null = null): Promise<void> {
    const { id, tenantId, attemptNo, number } = message;
    this.metrics.sends.inc({ outcome: end.state });
    if (isCode(message)) this.metrics.otp.attempts.inc({ tenant_id: tenantId, outcome: end.state });
    if (end.state !== 'accepted') {
      this.log.info(
        { message_id: id, tenant_id: tenantId, attempt: attemptNo, outcome: end.state, code: end.errorCode },
        'an attempt came to nothing',
      );
    }
    await this.slowDown(message, end);
    if (place && surelyNotTaken(end)) await this.places.giveBack(place);
    await this.store.end({ messageId: id, tenantId, numberId: number.id, attemptNo, end });
  }

  /** WhatsApp wants fewer messages of this number, or of it to this recipient. */
  private async slowDown({ number, phone, recipientUserId }: ClaimedMessage, end: AttemptEnd): Promise<void> {
    const recipient = phone ?? recipientUserId;
    try {
      if (end.slowNumber) await this.slots.slowDown(number.id);
      if (end.holdNumberMs !== null) await this.slots.hold(number.id, end.holdNumberMs);
      if (end.holdPairMs !== null && recipient !== null) {
        await this.slots.holdPair(number.id, recipient, end.holdPairMs);
      }
    } catch (error) {
      this.log.debug({ err: error, number_id: number.id }, 'a number could not be held back');
    }
  }

  private missed(numberId: number, slot: Slot): boolean {
    return this.untilDeparture(numberId, slot) < -LATE_AFTER_MS || this.slots.isOutdated(numberId, slot.epoch);
  }

  /** A slot that cannot be judged, because the time of its node of Redis is not known yet, counts as missed. */
  private untilDeparture(numberId: number, slot: Slot): number {
    return this.slots.untilDeparture(numberId, slot.departsAt) ?? -Infinity;
  }
}

/** Only authentication templates have something encrypted. */
const isCode = ({ content }: ClaimedMessage): boolean => content.sealed !== undefined;

/** It waited for its file or its slot for too long: it goes back unsent, and ends as expired. */
const isOver = ({ goodUntil }: ClaimedMessage): boolean => goodUntil !== null && performance.now() >= goodUntil;
