import type { SqlRunner } from '../../platform/database/postgres.js';

/** How often something may be done for one phone of a tenant, in any `windowS` seconds. */
const LIMITS = {
  send: { column: 'sends', most: 5, windowS: 600 },
  resend: { column: 'resends', most: 3, windowS: 300 },
  verification: { column: 'verifications', most: 10, windowS: 60 },
} as const;

/** What is limited for each phone, over all purposes. */
export type LimitedAction = keyof typeof LIMITS;

/** One thing that is to be done now. */
export interface PhoneAction {
  readonly tenantId: number;
  readonly phone: string;
  readonly action: LimitedAction;
}

/** SQL: the times of a column that still count. */
const lately = (action: LimitedAction): string => {
  const { column, windowS } = LIMITS[action];
  return `ARRAY(SELECT t FROM unnest(l.${column}) AS t WHERE t > clock_timestamp() - interval '${windowS} seconds')`;
};

/** SQL: a new time in the column of the action that is counted; nothing in the others. */
const counted = (action: LimitedAction): string =>
  `CASE i.action WHEN '${action}' THEN ARRAY[clock_timestamp()] ELSE '{}' END`;

const ACTIONS: readonly LimitedAction[] = ['send', 'resend', 'verification'];

/* Primary key. A row that has no room is locked, but not changed, and does not come back. */
const COUNT = `
INSERT INTO one_time_code_limits AS l (tenant_id, phone, ${ACTIONS.map((action) => LIMITS[action].column).join(', ')})
SELECT i.tenant_id, i.phone, ${ACTIONS.map(counted).join(', ')}
  FROM unnest($1::int[], $2::text[], $3::text[]) AS i (tenant_id, phone, action)
 ORDER BY i.tenant_id, i.phone
ON CONFLICT (tenant_id, phone) DO UPDATE
   SET ${ACTIONS.map((action) => `${LIMITS[action].column} = ${lately(action)} || EXCLUDED.${LIMITS[action].column}`).join(',\n       ')},
       updated_at = now()
 WHERE ${ACTIONS.map((action) => `cardinality(${lately(action)}) + cardinality(EXCLUDED.${LIMITS[action].column}) <= ${LIMITS[action].most}`).join('\n   AND ')}
RETURNING tenant_id, phone`;

/**
 * Counts one action for each phone, and locks the phones' rows until the end of the transaction. The times stand in
 * Postgres alone, so limits hold over all processes, and whatever becomes of Redis. No phone may be named twice.
 * @returns the first of the actions that its limit does not allow: then the transaction must be rolled back, unless it
 * was the only one
 */
export async function countActions(sql: SqlRunner, actions: readonly PhoneAction[]): Promise<PhoneAction | undefined> {
  const rows = await sql.query<{ tenant_id: number; phone: string }>('otp_count_actions', COUNT, [
    actions.map(({ tenantId }) => tenantId),
    actions.map(({ phone }) => phone),
    actions.map(({ action }) => action),
  ]);
  const allowed = new Set(rows.map(({ tenant_id, phone }) => `${tenant_id} ${phone}`));
  return actions.find(({ tenantId, phone }) => !allowed.has(`${tenantId} ${phone}`));
}

const waitFor = ({ column, windowS }: (typeof LIMITS)[LimitedAction]): string => `
SELECT count(*)::int AS used,
       ceil(extract(epoch FROM min(t) + interval '${windowS} seconds' - clock_timestamp()))::int AS wait_s
  FROM one_time_code_limits l CROSS JOIN unnest(l.${column}) AS t
 WHERE l.tenant_id = $1 AND l.phone = $2 AND t > clock_timestamp() - interval '${windowS} seconds'`;

/**
 * Whether the limit allows the action now, without counting it or waiting for anybody.
 * @returns null when it does; else in how many seconds it will, at least 1
 */
export async function waitOf(sql: SqlRunner, { tenantId, phone, action }: PhoneAction): Promise<number | null> {
  const limit = LIMITS[action];
  const [row] = await sql.query<{ used: number; wait_s: number | null }>(`otp_wait_${action}`, waitFor(limit), [
    tenantId,
    phone,
  ]);
  return row && row.used >= limit.most ? Math.max(1, row.wait_s ?? 1) : null;
}

/** Primary key. What was tried before counts no more. */
export async function clearVerifications(sql: SqlRunner, tenantId: number, phone: string): Promise<void> {
  await sql.query(
    'otp_clear_verifications',
    `UPDATE one_time_code_limits SET verifications = '{}', updated_at = now() WHERE tenant_id = $1 AND phone = $2`,
    [tenantId, phone],
  );
}
