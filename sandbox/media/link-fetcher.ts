import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import axios from 'axios';
import type { MediaKind } from '../messages/message-types.js';
import type { Account } from '../world/account.js';
import { TooBigError, type Asset, type AssetStore } from './asset-store.js';
import { bareMimeType, MEDIA_RULES, mediaFault } from './media-rules.js';

/** WhatsApp, "Send messages": a fetched asset is kept 10 minutes by its exact URL. */
export const LINK_CACHE_MS = 10 * 60_000;
/** Nothing is documented about time-outs and redirects of the fetch; these are ours. */
const FETCH_TIMEOUT_MS = 15_000;
const REDIRECTS_MAX = 3;
const CACHE_ENTRIES_MAX = 10_000;

export interface FetchedMedia {
  readonly mimeType: string | null;
  readonly asset: Asset | null;
  /** Why the message fails with 131053; null when the media is fine. */
  readonly fault: string | null;
}

interface CacheEntry {
  readonly until: number;
  readonly result: Promise<FetchedMedia>;
}

/** Fetches the `link` of media messages as WhatsApp would. */
export class LinkFetcher {
  readonly #cache = new Map<string, CacheEntry>();
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 16 }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 16 }),
  };

  constructor(private readonly store: AssetStore) {}

  /** Never rejects: what goes wrong is the result's `fault`. Only good results are kept. */
  fetch(account: Account, url: string, kind: MediaKind): Promise<FetchedMedia> {
    const key = `${account.id} ${kind} ${url}`;
    const now = account.clock.now();
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.until > now) return cached.result;
    const result = this.#load(url, kind).then((fetched) => {
      if (fetched.fault !== null) this.#cache.delete(key);
      return fetched;
    });
    this.#cache.delete(key);
    this.#cache.set(key, { until: now + LINK_CACHE_MS, result });
    if (this.#cache.size > CACHE_ENTRIES_MAX) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return result;
  }

  stop(): void {
    this.#agents.httpAgent.destroy();
    this.#agents.httpsAgent.destroy();
  }

  async #load(url: string, kind: MediaKind): Promise<FetchedMedia> {
    try {
      const answer = await axios.get<Readable>(url, {
        ...this.#agents,
        responseType: 'stream',
        timeout: FETCH_TIMEOUT_MS,
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
        maxRedirects: REDIRECTS_MAX,
        proxy: false,
        headers: { 'user-agent': 'WhatsApp/2.0', accept: '*/*' },
        validateStatus: () => true,
      });
      if (answer.status !== 200) {
        answer.data.destroy();
        return failed(`Media download failed: HTTP status ${answer.status}.`);
      }
      const mimeType = bareMimeType(String(answer.headers['content-type'] ?? ''));
      const { mimeTypes, maxBytes } = MEDIA_RULES[kind];
      if (!mimeTypes.has(mimeType)) {
        answer.data.destroy();
        return failed(`Unsupported media type ${mimeType || 'unknown'} for ${kind}.`, mimeType);
      }
      const asset = await this.store.putStream(answer.data, mimeType, maxBytes);
      return { mimeType, asset, fault: mediaFault(kind, mimeType, asset.size, asset.head) };
    } catch (error) {
      if (error instanceof TooBigError) return failed(`Media file size too big: ${error.message}.`);
      return failed(`Media download failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function failed(fault: string, mimeType: string | null = null): FetchedMedia {
  return { mimeType, asset: null, fault };
}
