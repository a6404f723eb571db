/** What a file system takes as a name, in bytes of UTF-8 (NAME_MAX); whoever saves the file must be able to. */
export const MAX_NAME_BYTES = 255;

/** Everything before the last slash of either kind: names come from every system. */
const PATH_PARTS = /^.*[/\\]/s;
/**
 * Control, format (bidirectional marks that make "exe.gpj" read "jpg.exe"), private, unassigned and lone surrogate
 * code points, line and paragraph separators. Kept: the two joiners that Persian, Arabic and emoji need.
 */
const INVISIBLE = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}\ufffd]/gu;
/** Not allowed in names on Windows. */
const FORBIDDEN = /[<>:"|?*]/g;
/** Device names on Windows, whatever extension follows. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i;
/** Programs that answer with a file; their extension says nothing about it. */
const SCRIPT_EXTENSIONS: ReadonlySet<string> = new Set(['php', 'asp', 'aspx', 'ashx', 'jsp', 'cgi', 'do', 'action']);

const EXTENSION = /[^.]\.([a-z0-9]{1,10})$/i;

/** The last extension of a name, lower case, without its dot; empty when there is none. */
export function extensionOf(name: string): string {
  return EXTENSION.exec(cleaned(name))?.[1]?.toLowerCase() ?? '';
}

/** As {@link extensionOf}, for the path of a URL: a script's extension counts as none. */
export function extensionOfUrlName(name: string): string {
  const extension = extensionOf(name);
  return SCRIPT_EXTENSIONS.has(extension) ? '' : extension;
}

/**
 * A name that can be shown, saved on any system and put into a header: no path, no invisible characters, no reserved
 * name, at most 255 bytes of UTF-8, and with the extension its content calls for.
 * @param wanted what the client, or the server of a URL, called it
 * @param extensions those that fit the content; the first is added when the name has none of them
 * @param fallback name without extension, for when nothing usable is left
 */
export function displayName(wanted: string, extensions: readonly [string, ...string[]], fallback: string): string {
  const name = cleaned(wanted);
  const given = extensionOf(name);
  const fits = extensions.includes(given);
  const stem = fits ? name.slice(0, -given.length - 1) : name;
  const suffix = `.${fits ? given : extensions[0]}`;
  let base = trimmed(stem) || fallback;
  if (RESERVED.test((base.split('.')[0] ?? '').trim())) base = `_${base}`;
  return (trimmed(cutToBytes(base, MAX_NAME_BYTES - suffix.length)) || fallback) + suffix;
}

/** The name with another extension, for content that was converted. */
export function withoutExtension(name: string, extensions: readonly string[]): string {
  const given = extensionOf(name);
  return extensions.includes(given) ? name.slice(0, -given.length - 1) : name;
}

function cleaned(name: string): string {
  const visible = name.normalize('NFC').replace(PATH_PARTS, '').replace(INVISIBLE, '').replace(FORBIDDEN, '_');
  return trimmed(visible.replace(/\s+/gu, ' '));
}

/** Leading dots hide a file, trailing dots and spaces vanish on Windows. */
function trimmed(name: string): string {
  return name.replace(/^[.\s]+|[.\s]+$/gu, '');
}

/** The longest beginning, in whole code points, that takes at most `bytes` bytes of UTF-8. */
function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let used = 0;
  let cut = '';
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    cut += character;
  }
  return cut;
}
