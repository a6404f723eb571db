import type { LoadRequest } from './load.js';
import { phoneOf } from './uploads.js';

/** More people than a load reaches, as in a campaign: a message then waits for no other of its lane. */
export const TEXT_PEOPLE = 60_000;

/** A load's texts: every person gets one, with a merge field. */
export function textsTo(url: string, token: string | null, people: number): LoadRequest {
  let next = 0;
  return {
    url,
    headers: {
      'content-type': 'application/json',
      prefer: 'respond-async',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: () =>
      Buffer.from(
        JSON.stringify({
          phone: phoneOf(next++ % people),
          message: 'Hello @{contact_first_name}, your order 4711 is on its way and will be with you before noon.',
        }),
      ),
  };
}
