import { Injectable } from '@nestjs/common';
import { Encryption } from '../crypto/encryption.js';
import { Postgres, type SqlRunner } from '../database/postgres.js';
import { type IdempotencyClaim, KEY_HOURS } from './idempotency-claim.js';
import type { KeptAnswer, KeptReply } from './kept-answer.js';

/** How long a call counts as running without a sign of life, seconds. The longest wait (`wait=30`) takes half of it. */
export const RUNNING_LEASE_S = 60;

/** A key that was used before. */
export interface UsedKey {
  fingerprint: Buffer;
  /** The message that the call stored, once it has. */
  messageId: number | null;
  /** answered: the call has ended. running: it holds its lease. lapsed: it died after it had stored its message. */
  state: 'answered' | 'running' | 'lapsed';
  answer: KeptAnswer | null;
  /** Seconds since the call began, and until its lease ends. */
  ageS: number;
  leaseS: number;
}

/** An effect that is stored under a key, and the answer that it has if nobody waits for WhatsApp. */
export interface KeyedEffect {
  claim: IdempotencyClaim;
  messageId: number;
  answer: KeptReply;
  /** Nobody waits: this is the call's answer, and the call has ended as soon as it is committed. */
  isFinal: boolean;
}

const FORGOTTEN = `k.created_at <= now() - interval '${KEY_HOURS} hours'`;
/** The call died before it had an effect, as far as the key knows. */
const ABANDONED = 'k.leased_until <= now() AND k.message_id IS NULL';

/* Primary key. In order of the keys, so that two groups never wait for each other. */
const CLAIM = `
INSERT INTO idempotency_keys AS k (tenant_id, key_hash, owner, fingerprint, leased_until)
SELECT u.*, now() + interval '${RUNNING_LEASE_S} seconds'
  FROM unnest($1::int[], $2::bytea[], $3::uuid[], $4::bytea[]) AS u (tenant_id, key_hash, owner, fingerprint)
 ORDER BY tenant_id, key_hash
ON CONFLICT (tenant_id, key_hash) DO UPDATE
   SET owner = excluded.owner, fingerprint = excluded.fingerprint, leased_until = excluded.leased_until,
       message_id = NULL, answer_encrypted = NULL, created_at = now()
 WHERE k.owner = excluded.owner OR (${ABANDONED}) OR ${FORGOTTEN}
RETURNING owner`;

const NAME_EFFECTS = `
UPDATE idempotency_keys k
   SET message_id = u.message_id, answer_encrypted = u.answer,
       leased_until = CASE WHEN NOT u.is_final THEN k.leased_until END
  FROM unnest($1::int[], $2::bytea[], $3::uuid[], $4::bigint[], $5::bytea[], $6::bool[])
       AS u (tenant_id, key_hash, owner, message_id, answer, is_final)
 WHERE k.tenant_id = u.tenant_id AND k.key_hash = u.key_hash AND k.owner = u.owner`;

const FIND = `
SELECT fingerprint, message_id, answer_encrypted,
       CASE WHEN leased_until IS NULL THEN 'answered' WHEN leased_until > now() THEN 'running' ELSE 'lapsed' END AS state,
       extract(epoch FROM now() - created_at)::float8 AS age_s,
       coalesce(extract(epoch FROM leased_until - now()), 0)::float8 AS lease_s
  FROM idempotency_keys k
 WHERE tenant_id = $1 AND key_hash = $2 AND NOT (${FORGOTTEN}) AND NOT coalesce(${ABANDONED}, false)`;

const RENEW = `
UPDATE idempotency_keys SET leased_until = now() + interval '${RUNNING_LEASE_S} seconds'
 WHERE tenant_id = $1 AND key_hash = $2 AND owner = $3 AND leased_until IS NOT NULL`;

const ANSWER = `
INSERT INTO idempotency_keys AS k (tenant_id, key_hash, owner, fingerprint, answer_encrypted)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, key_hash) DO UPDATE SET answer_encrypted = excluded.answer_encrypted, leased_until = NULL
 WHERE k.owner = excluded.owner`;

/* What another call has done with the key is looked at on the same way. */
const FREE = `
WITH freed AS (
  DELETE FROM idempotency_keys
   WHERE tenant_id = $1 AND key_hash = $2 AND owner = $3 AND message_id IS NULL),
ended AS (
  UPDATE idempotency_keys SET leased_until = now()
   WHERE tenant_id = $1 AND key_hash = $2 AND owner = $3 AND message_id IS NOT NULL AND leased_until IS NOT NULL)
${FIND} AND owner <> $3`;

interface UsedKeyRow {
  fingerprint: Buffer;
  message_id: number | null;
  answer_encrypted: Buffer | null;
  state: UsedKey['state'];
  age_s: number;
  lease_s: number;
}

/** What an answer is encrypted for: it opens in its own row only. */
const contextOf = (tenantId: number, keyHash: Buffer): string =>
  `idempotency_keys.answer_encrypted ${tenantId} ${keyHash.toString('hex')}`;

/**
 * The keys in Postgres, which is their only truth. A key's row is committed together with its effect wherever the effect
 * is one transaction ({@link claim} and {@link nameEffects} inside it); other calls commit a running row first.
 */
@Injectable()
export class IdempotencyKeys {
  /** Claims whose final answer was written with their effect. Only a call that succeeded asks: its effect is committed. */
  private readonly answered = new WeakSet<IdempotencyClaim>();

  constructor(
    private readonly postgres: Postgres,
    private readonly encryption: Encryption,
  ) {}

  /** Undefined for a key that is free: never used, forgotten, or of a call that died without an effect. */
  async find(tenantId: number, keyHash: Buffer): Promise<UsedKey | undefined> {
    const [row] = await this.postgres.query<UsedKeyRow>('idempotency_find', FIND, [tenantId, keyHash]);
    return row && this.fromRow(tenantId, keyHash, row);
  }

  /**
   * Claims keys, each for its own call; answers the claims that got theirs. Of several with one key the first gets it.
   * Waits for a transaction that is just claiming one of them.
   */
  async claim(
    claims: readonly IdempotencyClaim[],
    sql: SqlRunner = this.postgres,
  ): Promise<ReadonlySet<IdempotencyClaim>> {
    const first = new Map<string, IdempotencyClaim>();
    for (const claim of claims) {
      const key = `${claim.tenantId} ${claim.keyHash.toString('hex')}`;
      if (!first.has(key)) first.set(key, claim);
    }
    const wanted = [...first.values()];
    const rows = await sql.query<{ owner: string }>('idempotency_claim', CLAIM, columnsOf(wanted));
    const owners = new Set(rows.map(({ owner }) => owner));
    return new Set(wanted.filter(({ owner }) => owners.has(owner)));
  }

  /** Says what was stored under claimed keys, in the transaction that stores it. */
  async nameEffects(sql: SqlRunner, effects: readonly KeyedEffect[]): Promise<void> {
    const [tenantIds, keyHashes, owners] = columnsOf(effects.map(({ claim }) => claim));
    await sql.query('idempotency_name_effects', NAME_EFFECTS, [
      tenantIds,
      keyHashes,
      owners,
      effects.map(({ messageId }) => messageId),
      effects.map(({ claim, answer }) => this.seal(claim, answer)),
      effects.map(({ isFinal }) => isFinal),
    ]);
    for (const { claim, isFinal } of effects) if (isFinal) this.answered.add(claim);
  }

  /** The call is still running. */
  async renew({ tenantId, keyHash, owner }: IdempotencyClaim): Promise<void> {
    await this.postgres.query('idempotency_renew', RENEW, [tenantId, keyHash, owner]);
  }

  /** The call has ended with an answer that is kept; nothing is to be written when its effect brought it along. */
  async answer(claim: IdempotencyClaim, answer: KeptAnswer): Promise<void> {
    if (this.answered.has(claim)) return;
    const { tenantId, keyHash, owner, fingerprint } = claim;
    const sealed = this.seal(claim, answer);
    await this.postgres.query('idempotency_answer', ANSWER, [tenantId, keyHash, owner, fingerprint, sealed]);
  }

  /**
   * The call has ended without such an answer: its key is free, unless a message was stored under it. Answers the other
   * call that has got the key meanwhile, if one has.
   */
  async free({ tenantId, keyHash, owner }: IdempotencyClaim): Promise<UsedKey | undefined> {
    const [other] = await this.postgres.query<UsedKeyRow>('idempotency_free', FREE, [tenantId, keyHash, owner]);
    return other && this.fromRow(tenantId, keyHash, other);
  }

  private fromRow(tenantId: number, keyHash: Buffer, row: UsedKeyRow): UsedKey {
    return {
      fingerprint: row.fingerprint,
      messageId: row.message_id,
      state: row.state,
      answer: row.answer_encrypted === null ? null : this.open(tenantId, keyHash, row.answer_encrypted),
      ageS: row.age_s,
      leaseS: row.lease_s,
    };
  }

  private seal({ tenantId, keyHash }: IdempotencyClaim, answer: KeptAnswer): Buffer {
    return this.encryption.encrypt(JSON.stringify(answer), contextOf(tenantId, keyHash));
  }

  private open(tenantId: number, keyHash: Buffer, sealed: Buffer): KeptAnswer {
    // Only what was sealed here opens, so it has the shape that it was given.
    return JSON.parse(this.encryption.decrypt(sealed, contextOf(tenantId, keyHash))) as KeptAnswer;
  }
}

const columnsOf = (claims: readonly IdempotencyClaim[]) => [
  claims.map(({ tenantId }) => tenantId),
  claims.map(({ keyHash }) => keyHash),
  claims.map(({ owner }) => owner),
  claims.map(({ fingerprint }) => fingerprint),
];
