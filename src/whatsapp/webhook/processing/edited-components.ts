import type { ReportedButton, ReportedParts } from '../body/items.js';
import { list, record, text, type JsonRecord } from '../body/json.js';

/** Buttons of these kinds are always among those that an edit reports: when it reports none, the template has none. */
const ALWAYS_REPORTED = new Set(['URL', 'PHONE_NUMBER']);

/**
 * The components of a template after an edit. The report holds words and buttons only; what else was stored (a picture as
 * header, a security note, what an OTP button does, parts of other kinds) stays until the next sync.
 */
export function editedComponents(stored: unknown, parts: ReportedParts): JsonRecord[] {
  const components = records(stored);
  const find = (type: string) => components.find((component) => typeOf(component) === type);
  const known = new Set(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']);
  return [
    headerOf(find('HEADER'), parts.header),
    { type: 'BODY', ...find('BODY'), text: parts.body },
    footerOf(find('FOOTER'), parts.footer),
    buttonsOf(find('BUTTONS'), parts.buttons),
    ...components.filter((component) => !known.has(typeOf(component))),
  ].filter((component) => component !== undefined);
}

const records = (value: unknown): JsonRecord[] =>
  list(value)
    .map(record)
    .filter((fields) => fields !== null);

const typeOf = (fields: JsonRecord): string => (text(fields.type) ?? '').toUpperCase();

function headerOf(stored: JsonRecord | undefined, words: string | null): JsonRecord | undefined {
  const isText = (text(stored?.format) ?? 'TEXT').toUpperCase() === 'TEXT';
  if (words === null) return isText ? undefined : stored;
  return { type: 'HEADER', format: 'TEXT', ...(isText && stored), text: words };
}

/** The footer of an authentication template has minutes instead of words, and is not reported. */
function footerOf(stored: JsonRecord | undefined, words: string | null): JsonRecord | undefined {
  if (words === null) return text(stored?.text) === null ? stored : undefined;
  return { type: 'FOOTER', ...stored, text: words };
}

/** Each reported button takes over what the stored one of its type and turn had besides. */
function buttonsOf(stored: JsonRecord | undefined, reported: readonly ReportedButton[] | null): JsonRecord | undefined {
  const left = records(stored?.buttons);
  const buttons = reported
    ? reported.map((button) => editedButton(takeFirst(left, button.type.toUpperCase()), button))
    : left.filter((button) => !ALWAYS_REPORTED.has(typeOf(button)));
  return buttons.length === 0 ? undefined : { type: 'BUTTONS', ...stored, buttons };
}

function takeFirst(buttons: JsonRecord[], type: string): JsonRecord | undefined {
  const place = buttons.findIndex((button) => typeOf(button) === type);
  return place < 0 ? undefined : buttons.splice(place, 1)[0];
}

function editedButton(
  stored: JsonRecord | undefined,
  { type, text: words, url, phoneNumber }: ReportedButton,
): JsonRecord {
  return {
    ...stored,
    type,
    text: words,
    ...(url !== null && { url }),
    ...(phoneNumber !== null && { phone_number: phoneNumber }),
  };
}
