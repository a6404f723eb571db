import type { Bench, Figure } from '../bench.js';
import { Caller, type CallTimes, timesOf } from '../calls.js';
import { fillContacts, type Referred } from '../contact-fill.js';

const CONTACTS = 1_000_000;
/** Row up to which a page by its number is promised to be quick. */
const DEEP_ROW = 10_000;
const PER_PAGE = 15;
const CALLS = 100;
/** Of those that may take longer. */
const SLOW_CALLS = 20;
const CURSOR_MS = 20;
const NUMBER_MS = 60;
const SORTED_SEARCH_MS = 500;
const BATCH = 1_000;
const BATCHES = 20;
/** Batches of a fresh process, which compiles what it runs for the first time. */
const WARM_BATCHES = 3;
const BATCH_MS = 400;

const SORTS = ['id', 'firstname', 'lastname', 'created_at', 'updated_at'].flatMap((sort) => [sort, `-${sort}`]);

/** What is searched for, and how many contacts have it; see `fillContacts`. */
const SEARCHES: readonly (readonly [string, string])[] = [
  ['mona', 'a tenth'],
  ['example.com', 'half'],
  ['springtime', 'a twentieth, long ago'],
  ['little shop', 'one in 1,000'],
  ['marigold', 'one in 50,000'],
  ['zanzibar', 'one'],
  ['nobody', 'none'],
  ['xyz', 'none'],
  ['منى', 'a tenth'],
  ['زنجبار', 'one'],
  ['mona ali', 'a seventieth'],
  ['201', 'all'],
  ['201001', 'one in 100'],
  ['4567', 'a few in 10,000'],
  ['@example', 'half'],
  ['c0f', 'one in 1,000'],
];

interface Page {
  readonly data: readonly { readonly id: number }[];
  readonly meta: { readonly pagination: { readonly next_cursor: string | null; readonly total: number | null } };
}

/** One kind of list: how it is asked for, and whether it must show anything. */
interface Kind {
  readonly what: string;
  readonly query: Readonly<Record<string, string>>;
  readonly isEmpty?: boolean;
}

function filtersOf({ groups, sources, statuses, staff }: Referred): readonly Kind[] {
  const filter = (field: string, value: string | number | undefined, frequency: string): Kind => ({
    what: `filter[${field}]=${field.endsWith('_id') ? '…' : value} (${frequency})`,
    query: { [`filter[${field}]`]: String(value) },
    isEmpty: frequency === 'none',
  });
  const references = Object.entries({ group_id: groups, source_id: sources, status_id: statuses, assigned_id: staff });
  return [
    ...references.flatMap(([field, [most, few, imported, none]]) => [
      filter(field, most, 'most'),
      filter(field, few, 'one in 1,000'),
      filter(field, imported, 'a twentieth, long ago'),
      filter(field, none, 'none'),
    ]),
    filter('type', 'lead', 'three quarters'),
    filter('type', 'guest', 'one in 500'),
    filter('is_opted_out', 'true', 'one in 100'),
    filter('is_opted_out', 'false', 'nearly all'),
    filter('created_at][lt', daysAgo(200), 'two fifths'),
    filter('created_at][between', `${daysAgo(201)},${daysAgo(200)}`, 'two days'),
    filter('updated_at][between', `${daysAgo(201)},${daysAgo(200)}`, 'two days'),
    filter('phone', '201079245433', 'one'),
    filter('phone', '209999999999', 'none'),
    filter('phone][like', '4567', 'a few in 10,000'),
    filter('email', 'nobody@example.com', 'none'),
    filter('email][like', 'c0f', 'one in 1,000'),
    filter('firstname', 'mona', 'a tenth'),
    filter('firstname', 'Zanzibar زنجبار', 'one'),
    filter('lastname', 'marigold', 'one in 50,000'),
    filter('company', 'Springtime', 'a twentieth, long ago'),
    filter('company', 'Little Shop', 'one in 1,000'),
    filter('company', 'Nobody', 'none'),
  ];
}

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** Takes the figures of the contacts' list. */
class ContactLists {
  /** The call that counts a total which nobody has asked for before; the slowest of them. */
  private slowestCount = { what: '', took: 0 };

  constructor(
    private readonly bench: Bench,
    private readonly caller: Caller,
  ) {}

  /** Pages by cursor, the second and one behind row 10,000, or the only page there is. */
  async byCursor(kind: Kind, most: number, calls: number): Promise<void> {
    const { report } = this.bench;
    const first = await this.page(kind, {});
    if (first.took > this.slowestCount.took) this.slowestCount = { what: kind.what, took: first.took };
    const { next_cursor: second } = first.body.meta.pagination;
    if (second === null) {
      report.times(`${kind.what}, the only page`, await this.calls(kind, {}, calls), most);
      return;
    }
    report.times(`${kind.what}, page 2 by cursor`, await this.calls(kind, { cursor: second }, calls), most);
    const deep = await this.page(kind, { page: String(this.deepPage) });
    const { next_cursor: next } = deep.body.meta.pagination;
    if (next !== null) {
      report.times(
        `${kind.what}, page ${this.deepPage + 1} by cursor`,
        await this.calls(kind, { cursor: next }, calls),
        most,
      );
    }
  }

  /** The first page by its number and the one that ends with row 10,000. */
  async byNumber(kind: Kind): Promise<void> {
    for (const page of [1, this.deepPage]) {
      const times = await this.calls(kind, { page: String(page) }, CALLS);
      this.bench.report.times(`${kind.what}, page ${page} by number`, times, NUMBER_MS);
    }
  }

  reportCounts(): void {
    const { what, took } = this.slowestCount;
    this.bench.report.milliseconds('a first page with a total not asked for before, the slowest', took, NUMBER_MS);
    this.bench.report.note(`contacts: the slowest total was that of ${what}`);
  }

  private get deepPage(): number {
    return Math.ceil(this.bench.scaled(DEEP_ROW) / PER_PAGE);
  }

  private async calls(kind: Kind, more: Readonly<Record<string, string>>, count: number): Promise<CallTimes> {
    const times: number[] = [];
    for (let call = 0; call < count; call++) times.push((await this.page(kind, more)).took);
    return timesOf(times);
  }

  private async page(kind: Kind, more: Readonly<Record<string, string>>): Promise<{ body: Page; took: number }> {
    // A cursor holds the rest.
    const query = new URLSearchParams(more.cursor === undefined ? { ...kind.query, ...more } : more);
    const called = await this.caller.call<Page>('GET', `/contacts?${query.toString()}`);
    if (more.page === undefined && called.body.data.length > 0 === (kind.isEmpty ?? false)) {
      throw new Error(`${kind.what} showed ${called.body.data.length} contacts`);
    }
    return called;
  }
}

async function lists(bench: Bench, caller: Caller, referred: Referred): Promise<void> {
  const pages = new ContactLists(bench, caller);
  const sorts = SORTS.map((sort): Kind => ({ what: `GET /contacts?sort=${sort}`, query: { sort } }));
  const searches = SEARCHES.map(([search, frequency]): Kind => ({
    what: `search for "${search}" (${frequency})`,
    query: { search },
    isEmpty: frequency === 'none',
  }));
  for (const kind of [...sorts, ...filtersOf(referred), ...searches]) await pages.byCursor(kind, CURSOR_MS, CALLS);
  pages.reportCounts();
  for (const kind of sorts) await pages.byNumber(kind);
  for (const { what, query, isEmpty } of searches) {
    const sorted: Kind = {
      what: `${what} by first name`,
      query: { ...query, sort: 'firstname' },
      ...(isEmpty && { isEmpty }),
    };
    await pages.byCursor(sorted, SORTED_SEARCH_MS, SLOW_CALLS);
  }
}

async function batches(bench: Bench, caller: Caller, { groups, sources, statuses, staff }: Referred): Promise<void> {
  const times: number[] = [];
  for (let batch = 0; batch < WARM_BATCHES + BATCHES; batch++) {
    const contacts = Array.from({ length: BATCH }, (_, index) => ({
      firstname: 'Salma',
      lastname: `Batch ${batch} ${index}`,
      company: `Company ${index}`,
      type: 'lead',
      phone: String(202_000_000_000 + (batch * BATCH + index) * 7919),
      email: `salma.${batch}.${index}@example.com`,
      source_id: sources[0],
      status_id: statuses[0],
      assigned_id: staff[0],
      groups: groups.slice(0, 1),
    }));
    const { body, took } = await caller.call<{ data: { summary: { created: number } } }>('POST', '/contacts/batch', {
      contacts,
    });
    if (body.data.summary.created !== BATCH) throw new Error(`a batch created ${body.data.summary.created} contacts`);
    if (batch >= WARM_BATCHES) times.push(took);
  }
  bench.report.times(`POST /contacts/batch of ${BATCH}`, timesOf(times), BATCH_MS);
}

/** A million contacts of one tenant: their list by every sort, filter and search, and batches on top of them. */
export const contacts: Figure = {
  name: 'contacts',
  what: 'pages, filters and searches of a million contacts, and batches of 1,000',
  async run(bench) {
    const platform = await bench.install();
    const count = bench.scaled(CONTACTS);
    const begun = performance.now();
    const referred = await fillContacts(platform.database, count);
    bench.report.note(`contacts: ${count} stored in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    const api = await platform.start('api');
    const caller = new Caller(platform.apiUrl, platform.token);
    await lists(bench, caller, referred);
    await batches(bench, caller, referred);
    caller.close();
    await api.stop();
  },
};
