import { mayBeWord, OptWords, type OptWordSetting, type WordsByLanguage } from '../../../contacts/opt-out/opt-words.js';
import type { OptChange } from '../../../contacts/opt-out/opt-states.js';
import type { SqlRunner } from '../../../platform/database/postgres.js';

/** A customer's message that may be a word, with its contact. */
export interface SpokenMessage {
  readonly tenantId: number;
  readonly contactId: number;
  readonly word: string | null;
  readonly at: Date;
}

/** What the messages ask for by the words of their tenants: one change per contact, the last one said. */
export async function optRequests(sql: SqlRunner, messages: readonly SpokenMessage[]): Promise<OptChange[]> {
  const spoken = messages.filter(({ word }) => word !== null && mayBeWord(word));
  if (spoken.length === 0) return [];
  const words = await wordsOf(sql, [...new Set(spoken.map(({ tenantId }) => tenantId))]);
  const last = new Map<number, OptChange & { at: Date }>();
  for (const { tenantId, contactId, word, at } of spoken) {
    const meaning = words.get(tenantId)?.meaningOf(word ?? '') ?? null;
    const earlier = last.get(contactId);
    // Of two in one second the one that came later counts.
    if (meaning === null || (earlier && earlier.at > at)) continue;
    last.set(contactId, { tenantId, contactId, optedOut: meaning === 'out', at });
  }
  return [...last.values()];
}

async function wordsOf(sql: SqlRunner, tenantIds: readonly number[]): Promise<Map<number, OptWords>> {
  const rows = await sql.query<{ id: number } & OptWordSetting>(
    'webhook-opt-words',
    'SELECT id, opt_out_words AS "out", opt_in_words AS "in" FROM tenants WHERE id = ANY ($1)',
    [tenantIds],
  );
  return new Map(rows.map((row) => [row.id, isDefault(row) ? DEFAULTS : new OptWords(row)]));
}

const NOTHING: { out: WordsByLanguage | null; in: WordsByLanguage | null } = { out: null, in: null };
const DEFAULTS = new OptWords(NOTHING);
const isDefault = (setting: OptWordSetting): boolean => setting.out === null && setting.in === null;
