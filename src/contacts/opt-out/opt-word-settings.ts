import { Injectable } from '@nestjs/common';
import { noteChange } from '../../platform/audit/operator-changes.js';
import { Prisma as PrismaNames } from '../../platform/database/generated/client.js';
import { Prisma } from '../../platform/database/prisma.js';
import {
  DEFAULT_OPT_IN_WORDS,
  DEFAULT_OPT_OUT_WORDS,
  foldedWord,
  MAX_WORD_LENGTH,
  type WordsByLanguage,
} from './opt-words.js';

/** Words that cannot be a tenant's; the message says why. */
export class OptWordError extends Error {}

/** The words by which a tenant's customers opt out and in, as they count now. */
export interface OptWordState {
  readonly out: WordsByLanguage;
  readonly in: WordsByLanguage;
  /** Whether they are the program's own. */
  readonly isDefault: { readonly out: boolean; readonly in: boolean };
}

/** What is to change: new words take the place of all earlier ones; null brings the program's own back. */
export interface OptWordChange {
  readonly out?: WordsByLanguage | null;
  readonly in?: WordsByLanguage | null;
}

/** A language as WhatsApp writes it (`en`, `pt_BR`), or as the web does (`pt-BR`). */
const LANGUAGE = /^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/;
const MAX_WORDS = 100;

/** The operator's work on a tenant's words. Messages that are stored from then on are read by the new ones. */
@Injectable()
export class OptWordSettings {
  constructor(private readonly prisma: Prisma) {}

  /** @throws OptWordError when there is no such tenant */
  async read(tenantId: number): Promise<OptWordState> {
    const tenant = await this.prisma.operator.tenant.findUnique({
      where: { id: tenantId },
      select: { optOutWords: true, optInWords: true },
    });
    if (!tenant) throw new OptWordError(`There is no tenant ${tenantId}`);
    return {
      out: wordsIn(tenant.optOutWords) ?? DEFAULT_OPT_OUT_WORDS,
      in: wordsIn(tenant.optInWords) ?? DEFAULT_OPT_IN_WORDS,
      isDefault: { out: tenant.optOutWords === null, in: tenant.optInWords === null },
    };
  }

  /** @throws OptWordError when there is no such tenant, a word cannot be one, or one would opt both out and in */
  async change(tenantId: number, change: OptWordChange): Promise<OptWordState> {
    const now = await this.read(tenantId);
    const out = change.out === undefined ? now.out : (change.out ?? DEFAULT_OPT_OUT_WORDS);
    const into = change.in === undefined ? now.in : (change.in ?? DEFAULT_OPT_IN_WORDS);
    for (const words of [out, into]) assertWords(words);
    assertApart(out, into);
    await this.prisma.operator.$transaction(async (transaction) => {
      const data = { optOutWords: storable(change.out), optInWords: storable(change.in) };
      await transaction.tenant.update({ where: { id: tenantId }, data });
      await noteChange(transaction, tenantId, { action: 'tenant.updated', ids: [tenantId], details: noted(change) });
    });
    return this.read(tenantId);
  }
}

function assertWords(words: WordsByLanguage): void {
  for (const language of Object.keys(words)) {
    if (!LANGUAGE.test(language)) throw new OptWordError(`${language} is no language such as en, ar or pt_BR`);
  }
  const all = Object.values(words).flat();
  if (all.length === 0 || all.length > MAX_WORDS) throw new OptWordError(`There are 1 to ${MAX_WORDS} words of a kind`);
  for (const word of all) {
    if (foldedWord(word) === '' || [...word].length > MAX_WORD_LENGTH) {
      throw new OptWordError(`A word has 1 to ${MAX_WORD_LENGTH} characters that can be seen: ${JSON.stringify(word)}`);
    }
  }
}

function assertApart(out: WordsByLanguage, into: WordsByLanguage): void {
  const outWords = new Set(Object.values(out).flat().map(foldedWord));
  const both = Object.values(into)
    .flat()
    .find((word) => outWords.has(foldedWord(word)));
  if (both !== undefined) throw new OptWordError(`${both} would opt customers both out and in`);
}

function noted({ out, in: into }: OptWordChange): PrismaNames.InputJsonObject {
  return {
    ...(out === undefined ? {} : { opt_out_words: out && { ...out } }),
    ...(into === undefined ? {} : { opt_in_words: into && { ...into } }),
  };
}

function storable(
  words: WordsByLanguage | null | undefined,
): PrismaNames.InputJsonObject | undefined | typeof PrismaNames.DbNull {
  if (words === undefined) return undefined;
  return words === null ? PrismaNames.DbNull : { ...words };
}

/** What `change` stored. Anything else is nobody's words. */
function wordsIn(value: PrismaNames.JsonValue): WordsByLanguage | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value).map(([language, list]): [string, string[]] => [
    language,
    Array.isArray(list) ? list.filter((word) => typeof word === 'string') : [],
  ]);
  return Object.fromEntries(entries);
}
