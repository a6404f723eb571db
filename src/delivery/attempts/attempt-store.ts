import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { isBadRow } from '../../platform/database/database-errors.js';
import { GroupedWriter } from '../../platform/database/grouped-writer.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { OutcomeChannel } from '../../platform/queue/outcome-channel.js';
import { WokenMessages } from '../lanes/woken-messages.js';
import type { AdvancedMessage } from '../status/advance-status.js';
import { publishAdvanced } from '../status/publish-advanced.js';
import { claimMessages, type ClaimRequest } from './claim-messages.js';
import type { ClaimedMessage } from './claimed-message.js';
import { extendClaims, submitAttempts, type RunningAttempt, type Submission } from './hold-attempts.js';
import { recordEnds, type EndedAttempt } from './record-ends.js';

const MAX_ITEMS = 400;
/** Under load each kind of statement runs at most this often, milliseconds: groups of ten cost little more than one. */
const SPACING_MS = 10;
/** Ends come one by one, as WhatsApp answers. */
const ENDS_SPACING_MS = 20;
const LONGEST_PAUSE_MS = 2000;

type OfNumber<T> = T & { numberId: number };
type OfTenant<T> = T & { tenantId: number };

/**
 * Claims, leases and ends of attempts, each written in groups: what arrives together is one statement. Fair between
 * tenants (claims: between numbers, the tenant is not known yet).
 */
@Injectable()
export class AttemptStore {
  /** Names this process in `attempts.worker`. */
  readonly worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  private readonly claims: GroupedWriter<OfNumber<ClaimRequest>, ClaimedMessage | null>;
  private readonly submissions: GroupedWriter<OfTenant<RunningAttempt>, Submission>;
  private readonly ends: GroupedWriter<EndedAttempt, AdvancedMessage | null>;

  constructor(
    private readonly postgres: Postgres,
    private readonly settings: Settings,
    private readonly channel: OutcomeChannel,
    private readonly woken: WokenMessages,
    private readonly log: Log,
  ) {
    const grouping = { maxItems: MAX_ITEMS, maxInFlight: 1, spacingMs: SPACING_MS };
    this.claims = new GroupedWriter({
      ...grouping,
      tenantOf: ({ numberId }) => numberId,
      write: (requests) => claimMessages(postgres, requests, { leaseS: settings.CLAIM_LEASE_S, worker: this.worker }),
    });
    this.submissions = new GroupedWriter({
      ...grouping,
      tenantOf: ({ tenantId }) => tenantId,
      write: (attempts) => submitAttempts(postgres, attempts, settings.SUBMIT_LEASE_S),
    });
    this.ends = new GroupedWriter({
      ...grouping,
      spacingMs: ENDS_SPACING_MS,
      tenantOf: ({ tenantId }) => tenantId,
      write: (attempts) => this.writeEnds(attempts),
    });
  }

  /** Null: the message is not to be had (see claimMessages). */
  claim(request: ClaimRequest, numberId: number): Promise<ClaimedMessage | null> {
    return this.claims.add({ ...request, numberId });
  }

  /** Committed before the request may be written. */
  submit(message: ClaimedMessage): Promise<Submission> {
    return this.submissions.add({ messageId: message.id, attemptNo: message.attemptNo, tenantId: message.tenantId });
  }

  /** Keeps a claim alive while its file is handed over. False: no longer ours. */
  async extendClaim(message: ClaimedMessage): Promise<boolean> {
    const [held = false] = await extendClaims(
      this.postgres,
      [{ messageId: message.id, attemptNo: message.attemptNo }],
      this.settings.CLAIM_LEASE_S,
    );
    return held;
  }

  /**
   * Stores how an attempt ended, and tells who waits for it. While the database is away it tries again and again: the
   * answer exists nowhere else. It comes in time or late; a late one still settles an outcome that became `unknown`.
   */
  async end(attempt: EndedAttempt): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.ends.add(attempt);
        return;
      } catch (error) {
        this.log.warn({ err: error, message_id: attempt.messageId }, 'the end of an attempt could not be stored');
        if (isBadRow(error)) return;
        await pause(Math.min(100 * 2 ** Math.min(tries, 5), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
      }
    }
  }

  private async writeEnds(attempts: EndedAttempt[]): Promise<(AdvancedMessage | null)[]> {
    const { messages, others, paused, woken, failure } = await recordEnds(this.postgres, attempts);
    this.woken.release(woken);
    if (failure !== null) this.log.warn({ err: failure }, 'what follows from the ends of attempts is done later');
    publishAdvanced(this.channel, [...messages.filter((message) => message !== null), ...others]);
    for (const number of paused) {
      this.log.warn(
        { tenant_id: number.tenant_id, number_id: number.id, phone_number_id: number.phone_number_id },
        'a number is paused until the operator resumes it',
      );
    }
    return messages;
  }
}
