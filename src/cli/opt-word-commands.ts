import { InvalidArgumentError, type Command } from 'commander';
import type { OptWordSettings as Settings, OptWordState } from '../contacts/opt-out/opt-word-settings.js';
import { parseId } from './arguments.js';
import { UsageError } from './failure.js';
import { pairs, show } from './output.js';
import { withService } from './services.js';

type Words = Readonly<Record<string, readonly string[]>>;

const run = async <R>(work: (settings: Settings) => Promise<R>): Promise<R> =>
  withService((await import('../contacts/opt-out/opt-word-settings.js')).OptWordSettings, work);

interface WordOptions {
  optOut?: Words;
  optIn?: Words;
  defaultOptOut?: boolean;
  defaultOptIn?: boolean;
  json?: boolean;
}

/** `tenant words`. */
export function addWordsCommand(tenant: Command): void {
  tenant
    .command('words')
    .description("Show or set the words by which a tenant's customers opt out and in")
    .argument('<tenant>', 'id of the tenant', parseId)
    .option('--opt-out <language=words>', 'words that opt out, by language; may be repeated', parseWords)
    .option('--opt-in <language=words>', 'words that opt in, likewise', parseWords)
    .option('--default-opt-out', "opt out by the program's own words again")
    .option('--default-opt-in', "opt in by the program's own words again")
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Words are separated by commas. What is given takes the place of all earlier words of its kind; every word counts in
every chat of the tenant, whatever its language. A customer's whole text must be the word; capitals, spaces around it
and Arabic hamza make no difference. Without options the words are shown.

Example:
  $ npm run cli -- tenant words 7 --opt-out en=STOP,UNSUBSCRIBE --opt-out "de=STOPP,bitte aufhören"
  $ npm run cli -- tenant words 7 --default-opt-out`,
    )
    .action(async (id: number, { json, ...options }: WordOptions) => {
      const change = {
        ...wanted('out', options.optOut, options.defaultOptOut),
        ...wanted('in', options.optIn, options.defaultOptIn),
      };
      const state = await run((settings) =>
        Object.keys(change).length > 0 ? settings.change(id, change) : settings.read(id),
      );
      show({ json: wordsJson(id, state), lines: wordsLines(id, state) }, json === true);
    });
}

/** `en=STOP,UNSUBSCRIBE`, added to what was given before. */
function parseWords(text: string, before: Words = {}): Words {
  const at = text.indexOf('=');
  const language = text.slice(0, Math.max(at, 0)).trim();
  const words = text
    .slice(at + 1)
    .split(',')
    .map((word) => word.trim());
  if (language === '' || words.includes('')) throw new InvalidArgumentError('It must look like en=STOP,UNSUBSCRIBE.');
  return { ...before, [language]: [...(before[language] ?? []), ...words] };
}

function wanted(
  kind: 'out' | 'in',
  words: Words | undefined,
  back: boolean | undefined,
): Partial<Record<'out' | 'in', Words | null>> {
  if (words && back) throw new UsageError(`Give --opt-${kind} or --default-opt-${kind}, not both`);
  if (back) return { [kind]: null };
  return words ? { [kind]: words } : {};
}

const wordsJson = (id: number, state: OptWordState): object => ({
  id,
  opt_out_words: state.out,
  opt_in_words: state.in,
  default_opt_out_words: state.isDefault.out,
  default_opt_in_words: state.isDefault.in,
});

function wordsLines(id: number, state: OptWordState): string[] {
  const text = (words: Words): string =>
    Object.entries(words)
      .map(([language, list]) => `${language}: ${list.join(', ')}`)
      .join('; ');
  return pairs([
    ['tenant', id],
    ['opt out', `${text(state.out)}${state.isDefault.out ? ' (default)' : ''}`],
    ['opt in', `${text(state.in)}${state.isDefault.in ? ' (default)' : ''}`],
  ]);
}
