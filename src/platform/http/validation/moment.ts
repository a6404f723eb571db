/** A moment of ISO 8601 with its zone; Date.parse takes much more, and takes 30 February for 2 March. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/i;

/** The moment that a text names, as ISO 8601 with its zone; undefined when it is none. */
export function parseMoment(text: string): Date | undefined {
  const match = MOMENT.exec(text);
  if (!match) return undefined;
  const day = new Date(`${match[1] ?? ''}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(match[1] ?? '')) return undefined;
  return new Date(text.toUpperCase().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}
