/** Characters that a quoted string takes as they are, in every client: printable ASCII but `"`, `\` and `%`. */
const NOT_PLAIN = /[^\x20-\x7e]|["\\%]/g;
/** Left unescaped in an extended value (RFC 8187, 3.2.1: attr-char). */
const NOT_ATTR_CHAR = /['()*]/g;

/**
 * A Content-Disposition header (RFC 6266). The plain `filename` is an ASCII approximation for old clients; the
 * extended one (RFC 8187) carries the name as it is.
 */
export function contentDisposition(type: 'inline' | 'attachment', filename: string): string {
  const plain = filename.replace(NOT_PLAIN, '_');
  if (plain === filename) return `${type}; filename="${plain}"`;
  const extended = encodeURIComponent(filename).replace(
    NOT_ATTR_CHAR,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${plain}"; filename*=UTF-8''${extended}`;
}
