import { alternate } from '../alternate.js';
import type { Bench, Figure } from '../bench.js';
import type { Child } from '../child.js';
import { fillPeople } from '../fill.js';
import type { BenchInstallation } from '../installation.js';
import { fillMessages, withoutSearch } from '../long-list.js';
import type { Report } from '../report.js';
import { TEXT_PEOPLE, textsTo } from '../texts.js';
import { phoneOf } from '../uploads.js';

const MESSAGES = 1_000_000;
const DEEP_PAGE = 1_000;
const DEPTH = 1.3;
const CALLS = 200;
const SEARCH_CALLS = 10;
const SEARCH_MS = 300;
/** Enough that the processor is what sends compete for, not the time that a group of them takes. */
const CONNECTIONS = 128;
/** Of the throughput without any search. */
const SENDS_SHARE = 0.9;

/** What is searched for, and how many texts hold it; see `fillMessages`. */
const SEARCHES: readonly (readonly [string, string])[] = [
  ['order', 'all'],
  ['tea', 'a sixth'],
  ['tuesday', 'a tenth'],
  ['springtime', 'a fifth, long ago'],
  ['50% off', 'a fifth, long ago'],
  ['fff', 'one in 150'],
  ['marigold', 'one in 50,000'],
  ['zanzibar', 'one'],
  ['nowhere', 'none'],
  ['xyz', 'none'],
  ['طلب', 'one in 25'],
  ['زنجبار', 'one'],
];

interface CallTimes {
  p50: number;
  slowest: number;
}

interface Got {
  nextCursor: string | null;
  shown: number;
  took: number;
}

/** The client of one platform's list of messages. */
class ListClient {
  constructor(private readonly platform: BenchInstallation) {}

  async get(query: string): Promise<Got> {
    const begun = performance.now();
    const response = await fetch(`${this.platform.apiUrl}/api/v2/messages?${query}`, {
      headers: { authorization: `Bearer ${this.platform.token}` },
    });
    const body = (await response.json()) as {
      data: unknown[];
      meta: { pagination?: { next_cursor: string | null } };
    };
    if (!response.ok) throw new Error(`GET /messages?${query}: ${response.status} ${JSON.stringify(body)}`);
    return {
      nextCursor: body.meta.pagination?.next_cursor ?? null,
      shown: body.data.length,
      took: performance.now() - begun,
    };
  }

  /** The cursor of a page, reached as a caller reaches it. */
  async cursorOf(page: number): Promise<string> {
    let cursor: string | undefined;
    for (let before = 1; before < page; before++) {
      const { nextCursor } = await this.get(cursor === undefined ? '' : `cursor=${cursor}`);
      if (nextCursor === null) throw new Error(`the list ended on page ${before}`);
      cursor = nextCursor;
    }
    return cursor ?? '';
  }
}

async function pages(client: ListClient, report: Report, page: number): Promise<void> {
  const cursor = await client.cursorOf(page);
  const first: number[] = [];
  const deep: number[] = [];
  // In turn, so that both meet the same machine.
  for (let call = 0; call < CALLS; call++) {
    first.push((await client.get('')).took);
    deep.push((await client.get(`cursor=${cursor}`)).took);
  }
  const [one, other] = [timesOf(first), timesOf(deep)];
  report.stage('GET /messages, the first page (median, slowest)', one.p50, one.slowest);
  report.stage(`GET /messages, page ${page} by cursor (likewise)`, other.p50, other.slowest);
  const ratio = Math.max(other.p50 / one.p50, one.p50 / other.p50);
  report.ratio('pages far apart, by their medians', ratio, ratio <= DEPTH, `<= ${DEPTH}`);
}

async function searches(client: ListClient, report: Report): Promise<void> {
  for (const [word, frequency] of SEARCHES) {
    const times: number[] = [];
    for (let call = 0; call < SEARCH_CALLS; call++) {
      const { shown, took } = await client.get(`q=${encodeURIComponent(word)}`);
      if (shown > 0 === (frequency === 'none')) throw new Error(`a search for ${word} found ${shown} messages`);
      times.push(took);
    }
    report.milliseconds(`search for "${word}" (in ${frequency}), the slowest`, timesOf(times).slowest, SEARCH_MS);
  }
}

/** What search costs those who send, where it has much to search. */
async function costOfSearch(bench: Bench, platform: BenchInstallation, api: Child): Promise<void> {
  const people = bench.scaled(TEXT_PEOPLE);
  await fillPeople(
    platform,
    Array.from({ length: people }, (_, index) => phoneOf(index)),
  );
  const request = textsTo(`${platform.apiUrl}/api/v2/messages/text`, platform.token, people);
  const [unsearched, searched] = await alternate(
    [
      { request, server: api, within: (round) => withoutSearch(platform.database, round) },
      { request, server: api },
    ],
    CONNECTIONS,
  );
  if (!searched || !unsearched) throw new Error('a load has no result');
  const bare = unsearched.result.perSecond;
  const long = 'POST /messages/text beside the long list';
  bench.report.load(`${long}, as if there were no search`, unsearched.result, api.peakMemory(), bare);
  bench.report.load(`${long}, searchable at once`, searched.result, api.peakMemory(), bare, SENDS_SHARE);
}

function timesOf(times: readonly number[]): CallTimes {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? NaN, slowest: sorted.at(-1) ?? NaN };
}

/** Reading a list of a million messages of one tenant, searching in it, and what that costs those who send. */
export const lists: Figure = {
  name: 'lists',
  what: 'pages and searches of a million messages, and what the search costs sends',
  async run(bench) {
    const platform = await bench.install();
    const count = bench.scaled(MESSAGES);
    const begun = performance.now();
    await fillMessages(platform.database, count);
    bench.report.note(`lists: ${count} messages stored in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    const api = await platform.start('api');
    await platform.cli('delivery', 'hold', '--reason', 'bench');
    const client = new ListClient(platform);
    await pages(client, bench.report, bench.scaled(DEEP_PAGE));
    await searches(client, bench.report);
    await costOfSearch(bench, platform, api);
    await api.stop();
  },
};
