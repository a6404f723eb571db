import type { LoadRequest } from './load.js';
import { FORM_HEADERS, mediaForm } from './multipart.js';

/** Who gets the messages of a load: enough that no pair comes near WhatsApp's limit for one. */
export const PHONES = 200;

/** The people of a load. */
export const phoneOf = (index: number): string => `20100${1_000_000 + index}`;

/** A load's uploads. `distinct`: no two have the same bytes; else one picture for all, as a campaign has. */
export function uploadsTo(
  url: string,
  token: string | null,
  file: Buffer,
  prefer: string,
  { distinct = true, phones = PHONES } = {},
): LoadRequest {
  const forms = Array.from({ length: phones }, (_, index) =>
    mediaForm(
      { phone: phoneOf(index), media_type: 'image', caption: 'Hello @{contact_first_name}' },
      file,
      'photo.jpg',
      'image/jpeg',
      distinct,
    ),
  );
  let next = 0;
  return {
    url,
    headers: { ...FORM_HEADERS, prefer, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: () => forms[next++ % phones]?.() ?? Buffer.alloc(0),
  };
}
