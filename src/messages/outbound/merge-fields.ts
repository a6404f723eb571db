/** What merge fields are filled from. */
export interface MergeSource {
  firstname: string | null;
  lastname: string | null;
  email: string | null;
  phone: string | null;
}

const FIELDS: Record<string, keyof MergeSource> = {
  contact_first_name: 'firstname',
  contact_last_name: 'lastname',
  contact_email: 'email',
  contact_phone: 'phone',
};

const TOKEN = /@\{([a-z_]+)\}/g;

/**
 * Longest text that may be written with merge fields, in code points. Far above any limit that holds after merging, and
 * small enough that filling it in costs nothing: a field is at most 255 characters.
 */
export const MAX_UNMERGED_TEXT = 8192;

/**
 * Fills `@{contact_first_name}`, `@{contact_last_name}`, `@{contact_email}` and `@{contact_phone}`. An empty field
 * becomes an empty string, an unknown token stays as it is, and what was filled in is not parsed again.
 */
export function fillMergeFields(text: string, source: MergeSource): string {
  return text.replace(TOKEN, (token, name: string) => {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    return field ? (source[field] ?? '') : token;
  });
}

/** Whether the text holds a merge field, so that its length is known only once the contact is. */
export function hasMergeFields(text: string): boolean {
  return [...text.matchAll(TOKEN)].some((match) => Object.hasOwn(FIELDS, match[1] ?? ''));
}
