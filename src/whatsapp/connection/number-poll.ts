import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { DecryptionError } from '../../platform/crypto/encryption.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { GraphRefusedError } from '../client/cloud-api-management.js';
import { PERMISSION_RANGE } from '../errors/error-table.js';
import { AccessTokens } from './access-tokens.js';
import { NumberVerification } from './number-verification.js';
import { storeObserved } from './observed-numbers.js';
import { concernsWholeAccount, pauseNumbers, type PauseReason } from './phone-number-state.js';

/** Numbers that one process asks about at once: an account that does not answer holds up none of the others. */
const AT_ONCE = 8;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 30_000;
/** A number that WhatsApp did not answer about is asked about again after this time, not only after the whole period. */
const RETRY_S = 300;
/** Codes that say what the token may not ask, which need not keep it from sending. */
const LACKS_PERMISSION: ReadonlySet<number> = new Set([3, 10, 131005]);

interface PolledNumber {
  id: number;
  tenant_id: number;
  account_id: number;
  phone_number_id: string;
  waba_id: string;
  account_updated_at: Date;
  numbers: number;
}

/*
 * Index phone_numbers_poll. Whoever sets polled_at has the number for one period; several workers never ask about the
 * same one.
 */
const CLAIM = `
WITH due AS (
  SELECT id FROM phone_numbers
   WHERE paused_at IS NULL AND coalesce(polled_at, created_at) <= now() - $1 * interval '1 second'
   ORDER BY coalesce(polled_at, created_at) LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
claimed AS (
  UPDATE phone_numbers n SET polled_at = now() FROM due WHERE n.id = due.id
  RETURNING n.id, n.tenant_id, n.account_id, n.phone_number_id)
SELECT c.*, a.waba_id, a.updated_at AS account_updated_at,
       (SELECT count(*) FROM phone_numbers WHERE paused_at IS NULL) AS numbers
  FROM claimed c JOIN whatsapp_accounts a ON a.id = c.account_id`;

/**
 * Asks WhatsApp about every number that is not paused, once per NUMBER_POLL_S, spread over that time: throughput,
 * quality, the display name and the portfolio's messaging limit. Runs in every worker; they share the numbers. A fault
 * of token, account or number pauses it as a send would; anything else is logged and asked again.
 */
@Injectable()
export class NumberPoll implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly underWay = new Set<Promise<void>>();
  private readonly loop: Loop;

  constructor(
    private readonly settings: Settings,
    private readonly postgres: Postgres,
    private readonly tokens: AccessTokens,
    private readonly verification: NumberVerification,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: (stopping) => this.next(stopping),
        afterFailureMs: this.idlePauseMs(),
        failed: 'whose turn it is to be polled cannot be read',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await Promise.all(this.underWay);
  }

  /** Begins to ask about the number whose turn it is, if any; answers how long to wait before the next. */
  private async next(stopping: AbortSignal): Promise<number> {
    while (this.underWay.size >= AT_ONCE) await Promise.race(this.underWay);
    if (stopping.aborted) return 0;
    const { NUMBER_POLL_S } = this.settings;
    const [number] = await this.postgres.query<PolledNumber>('number-poll-claim', CLAIM, [NUMBER_POLL_S]);
    if (!number) return this.idlePauseMs();
    const asked: Promise<void> = this.ask(number).finally(() => this.underWay.delete(asked));
    this.underWay.add(asked);
    // Twice as fast as needed, so that what lay behind is made up for within half a period.
    return withinBounds((NUMBER_POLL_S * 1000) / number.numbers / 2);
  }

  /** The pause when it is no number's turn. */
  private idlePauseMs(): number {
    return withinBounds((this.settings.NUMBER_POLL_S * 1000) / 60);
  }

  /** Never rejects. */
  private async ask(number: PolledNumber): Promise<void> {
    const { id: numberId, tenant_id: tenantId, account_id: accountId, waba_id: wabaId } = number;
    const named = { tenant_id: tenantId, number_id: numberId, phone_number_id: number.phone_number_id };
    try {
      const accessToken = await this.tokens.tokenFor({ tenantId, accountId, updatedAt: number.account_updated_at });
      const target = { wabaId, phoneNumberId: number.phone_number_id, accessToken };
      const observed = await this.verification.observe(target);
      if (!(await storeObserved(this.postgres, { tenantId, numberId, accountId }, observed))) return;
      const { ratePerSecond: rate, qualityRating: quality, messagingLimitTier: tier, nameStatus } = observed;
      this.log.info(
        { ...named, rate, quality, tier, name_status: nameStatus },
        'WhatsApp changed the limits of a number',
      );
    } catch (error) {
      await this.failed(number, error).catch((cause: unknown) => {
        this.log.warn({ err: cause, ...named }, 'the fault of a number could not be stored');
      });
    }
  }

  private async failed(number: PolledNumber, error: unknown): Promise<void> {
    const { id: numberId, tenant_id: tenantId, phone_number_id } = number;
    const fault = faultOf(error);
    this.log.warn(
      { err: error, tenant_id: tenantId, number_id: numberId, phone_number_id, paused: fault !== null },
      'WhatsApp could not be asked about a number',
    );
    if (fault) {
      await pauseNumbers(this.postgres, [{ tenantId, numberId, ...fault }]);
      return;
    }
    await this.postgres.query(
      'number-poll-again',
      `UPDATE phone_numbers SET polled_at = now() - $3 * interval '1 second' WHERE tenant_id = $1 AND id = $2`,
      [tenantId, numberId, Math.max(0, this.settings.NUMBER_POLL_S - RETRY_S)],
    );
  }
}

const withinBounds = (pauseMs: number): number => Math.min(Math.max(pauseMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);

/** What must stop sending; null: nothing that a poll can prove. */
function faultOf(error: unknown): (PauseReason & { wholeAccount: boolean }) | null {
  if (error instanceof DecryptionError) return { wholeAccount: true, code: null, reason: error.message };
  if (!(error instanceof GraphRefusedError)) return null;
  const { code, title, details, classification } = error.error;
  const lacksPermission =
    LACKS_PERMISSION.has(code) || (code >= PERMISSION_RANGE.first && code <= PERMISSION_RANGE.last);
  if (classification.class !== 'pause_number' || lacksPermission) return null;
  return { wholeAccount: concernsWholeAccount(classification), code, reason: details ?? title };
}
