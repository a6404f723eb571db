import { randomInt } from 'node:crypto';
import axios from 'axios';
import { GraphError } from '../graph/graph-error.js';
import { isWebAddress } from '../messages/parse-media.js';
import type { Callback } from '../world/account.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** WhatsApp, "Webhook overrides". */
const URL_MAX = 200;

/**
 * The verification GET that comes before a callback is saved.
 * @throws GraphError 100 for a bad address, 2200 when the callback does not answer 200 with the challenge.
 */
export async function verifyCallback(callback: Callback): Promise<void> {
  if (!isWebAddress(callback.url) || callback.url.length > URL_MAX) {
    throw new GraphError(100, `The callback URL must be a web address of at most ${URL_MAX} characters.`);
  }
  const challenge = String(randomInt(1_000_000_000, 2_000_000_000));
  let status: number;
  let body: string;
  try {
    const answer = await axios.get<string>(callback.url, {
      params: { 'hub.mode': 'subscribe', 'hub.challenge': challenge, 'hub.verify_token': callback.verifyToken },
      timeout: HANDSHAKE_TIMEOUT_MS,
      maxRedirects: 0,
      maxContentLength: 10_000,
      proxy: false,
      responseType: 'text',
      transformResponse: (data: unknown) => data,
      validateStatus: () => true,
    });
    status = answer.status;
    body = String(answer.data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError(2200, `The URL couldn't be validated: ${reason}`);
  }
  if (status !== 200 || body !== challenge) {
    throw new GraphError(
      2200,
      status === 200
        ? "The URL couldn't be validated. Response does not match challenge."
        : `The URL couldn't be validated. Callback verification failed: HTTP Status Code = ${status}.`,
    );
  }
}
