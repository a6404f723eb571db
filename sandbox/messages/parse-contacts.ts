import {
  isFields,
  invalidParameter,
  missing,
  onlyKeys,
  readArray,
  readObject,
  readObjects,
  readOptionalText,
  readText,
  child,
  type Fields,
} from '../graph/read-params.js';

/** WhatsApp, contacts messages: at most 257 contacts in one message. */
const CONTACTS_MAX = 257;
const FIELD_MAX = 1024;
const CONTACT_KEYS = new Set(['addresses', 'birthday', 'emails', 'name', 'org', 'phones', 'urls']);
const NAME_KEYS = new Set(['formatted_name', 'first_name', 'last_name', 'middle_name', 'suffix', 'prefix']);
const LIST_KEYS: Record<string, ReadonlySet<string>> = {
  addresses: new Set(['street', 'city', 'state', 'zip', 'country', 'country_code', 'type']),
  emails: new Set(['email', 'type']),
  phones: new Set(['phone', 'type', 'wa_id']),
  urls: new Set(['url', 'type']),
};
const ORG_KEYS = new Set(['company', 'department', 'title']);

/** Checks the `contacts` array; only `name.formatted_name` and one more name part are required. */
export function checkContacts(body: Fields): void {
  for (const { fields, path } of readObjects(body, 'contacts', '', 1, CONTACTS_MAX)) {
    onlyKeys(fields, path, CONTACT_KEYS);
    const name = readObject(fields, 'name', path);
    const namePath = child(path, 'name');
    onlyKeys(name, namePath, NAME_KEYS);
    readText(name, 'formatted_name', namePath, FIELD_MAX);
    if (Object.keys(name).length < 2) throw missing(child(namePath, 'first_name'));
    checkTexts(name, namePath);
    for (const [list, keys] of Object.entries(LIST_KEYS)) {
      if (fields[list] === undefined) continue;
      readArray(fields, list, path, 0, 100);
      for (const item of readObjects(fields, list, path, 0, 100)) {
        onlyKeys(item.fields, item.path, keys);
        checkTexts(item.fields, item.path);
      }
    }
    if (fields['org'] !== undefined) {
      if (!isFields(fields['org'])) throw invalidParameter(`Param ${child(path, 'org')} must be a JSON object.`);
      onlyKeys(fields['org'], child(path, 'org'), ORG_KEYS);
      checkTexts(fields['org'], child(path, 'org'));
    }
    const birthday = readOptionalText(fields, 'birthday', path, 10);
    if (birthday !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(birthday)) {
      throw invalidParameter(`Param ${child(path, 'birthday')} must be of the form YYYY-MM-DD.`);
    }
  }
}

function checkTexts(fields: Fields, path: string): void {
  for (const key of Object.keys(fields)) readOptionalText(fields, key, path, FIELD_MAX);
}
