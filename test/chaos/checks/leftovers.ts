import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ChaosLab } from '../lab.js';

/** Rows that are there only while something is under way, each with what its presence means. */
const ROWS: readonly (readonly [meaning: string, query: string])[] = [
  [
    'an attempt is under way for ever',
    "SELECT message_id, attempt_no, state FROM attempts WHERE state IN ('claimed', 'submitting')",
  ],
  [
    'a message has ended and is still in work',
    `SELECT id, status, attempt_state, next_at, held_by FROM messages
      WHERE direction = 'outbound' AND status NOT IN ('queued', 'sending')
        AND (attempt_state IS NOT NULL OR next_at IS NOT NULL OR held_by IS NOT NULL)`,
  ],
  ['a webhook is not processed', 'SELECT id, attempts FROM webhook_inbox WHERE processed_at IS NULL'],
  [
    'items of a webhook could not be applied',
    'SELECT id, item_errors FROM webhook_inbox WHERE item_errors IS NOT NULL',
  ],
  ['a status waits for its message', 'SELECT number_id, wamid, status FROM parked_statuses'],
  ['a number is paused', 'SELECT id, paused_code, paused_reason FROM phone_numbers WHERE paused_at IS NOT NULL'],
  ['a chat has no message', 'SELECT id FROM chats c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.chat_id = c.id)'],
  [
    "a tenant's contacts are miscounted",
    `SELECT t.id, t.contact_count, count(c.id) FROM tenants t LEFT JOIN contacts c ON c.tenant_id = t.id
      GROUP BY t.id HAVING t.contact_count <> count(c.id)`,
  ],
  [
    'a connection idles in a transaction',
    `SELECT pid, now() - state_change AS since, left(query, 80) AS query FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        AND state_change < now() - interval '2 seconds'`,
  ],
];

/** Nothing stays behind: no row in work, no file, no transaction; nobody died, and Postgres saw no deadlock. */
export async function judgeLeftovers(lab: ChaosLab): Promise<string[]> {
  const findings: string[] = [];
  for (const [meaning, query] of ROWS) {
    const rows = await lab.rows(query);
    if (rows.length > 0) findings.push(`${meaning}: ${JSON.stringify(rows.slice(0, 3))} (${rows.length})`);
  }
  const temporary = join(lab.mediaDir, 'tmp');
  const files = existsSync(temporary) ? readdirSync(temporary) : [];
  // What a killed process was receiving is the collector's, after an hour.
  const leaked = files.filter((name) => statSync(join(temporary, name)).mtimeMs > lab.lastKillAt);
  if (leaked.length > 0) findings.push(`${leaked.length} temporary files are left`);
  for (const name of lab.fallen) findings.push(`${name} ended by itself`);
  for (const name of readdirSync(lab.logs)) {
    const text = readFileSync(join(lab.logs, name), 'utf8');
    for (const [pattern, meaning] of IN_LOGS) if (pattern.test(text)) findings.push(`${name}: ${meaning}`);
  }
  return findings;
}

const IN_LOGS: readonly (readonly [RegExp, string])[] = [
  [/deadlock detected/, 'Postgres had to end a deadlock'],
  [/"level":(60|"fatal")/, 'a process gave up'],
];
