const VARIABLE = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** How a template's variables are called: `{{1}}`, `{{2}}` … or `{{first_name}}`. WhatsApp never mixes them. */
export type ParameterFormat = 'POSITIONAL' | 'NAMED';

/**
 * The variables of a text, each once: positional ones by their number, whatever their place in the text; named ones in
 * the order in which they first appear.
 */
export function variablesOf(text: string, format: ParameterFormat): string[] {
  const names = [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
  return format === 'NAMED' ? names : names.sort((one, other) => Number(one) - Number(other));
}

/** Puts values in the place of variables; one without a value stays as it is. Values are not parsed again. */
export function fillVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(VARIABLE, (written, name: string) => values.get(name) ?? written);
}
