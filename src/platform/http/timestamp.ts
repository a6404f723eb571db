/** A time as the REST API writes it: ISO 8601, `+00:00`, no fraction of a second. */
export function timestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19)}+00:00`;
}

/** The same for a time that may be missing. */
export function timestampOrNull(at: Date | null): string | null {
  return at === null ? null : timestamp(at);
}
