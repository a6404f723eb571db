import type { OpenAPIObject } from '@nestjs/swagger';
import { jpeg } from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { everythingOf, giveRecords, type Records } from './records.js';
import { hasValue, type ReferenceField, type Route, tenantRoutes, withValue } from './routes.js';

/** Hundreds of calls; a machine with other work takes its time. */
const WALK_MS = 240_000;

interface Answer {
  status: number;
  text: string;
}

/**
 * Every route of the program, called by one tenant with the ids of another. The routes come from the document that the
 * program serves, so a new one is walked without a word here. Real processes: API, worker, sandbox, Postgres, Redis.
 */
describe("another tenant's ids", () => {
  let owner: TestTenant;
  let stranger: TestTenant;
  let theirs: Records;
  let own: Records;
  let routes: Route[];
  let photo: Buffer;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    [owner, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
    [theirs, own, photo] = await Promise.all([giveRecords(owner), giveRecords(stranger), jpeg()]);
    const document = (await (await fetch(`${stranger.api.url}/openapi.json`)).json()) as OpenAPIObject;
    routes = tenantRoutes(document);
    before = await everythingOf(owner);
  });
  afterAll(() => Promise.all([owner.close(), stranger.close()]));

  async function call(route: Route, path: string, fields?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${stranger.api.token}`, prefer: 'respond-async' };
    // Busy is no answer yet: the API says so with 503.
    return eventually(`an answer of ${route.name}`, async () => {
      const request = { method: route.method, ...bodyOf(route, headers, fields) };
      const response = await fetch(`${stranger.api.url}${path}`, request);
      const answer = { status: response.status, text: await response.text() };
      return answer.status === 503 ? undefined : answer;
    });
  }

  function bodyOf({ body }: Route, headers: Record<string, string>, fields: unknown): RequestInit {
    if (body.kind === 'none') return { headers };
    if (body.kind === 'json') {
      return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(fields) };
    }
    const form = new FormData();
    for (const [name, value] of Object.entries(fields as Record<string, unknown>)) form.append(name, formText(value));
    for (const file of body.files)
      form.append(file.field, new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'a.jpg');
    return { headers, body: form };
  }

  /** The documented example, with the tenant's own records where it names some. */
  function example({ body, references }: Route): unknown {
    if (body.kind === 'none') return undefined;
    const fields: unknown = body.kind === 'json' ? body.value : Object.fromEntries(body.fields);
    return references
      .filter(({ path }) => hasValue(fields, path))
      .reduce((filled, field) => withValue(filled, field.path, valuesOf(field, own, stranger)[0]), fields);
  }

  const pathWith = (path: string, id: number | string): string => path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));

  const fixedPath = (path: string): string => pathWith(path, own.id);

  const readsOne = ({ method, path }: Route): boolean => method === 'GET' && path.includes('{');

  /** Nothing of the owner's may stand in an answer; the wamid that the caller gave may come back. */
  const shows = ({ text }: Answer): boolean =>
    text.replaceAll(theirs.wamid, '').includes(theirs.marker) || text.includes(theirs.phone);

  it('are found in the document: all routes that need a token', () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.some(({ references }) => references.some(({ path }) => path.at(-1) === 'contact_id'))).toBe(true);
  });

  it(
    'in the path are answered like ids that do not exist',
    async () => {
      const wrong: string[] = [];
      await ofEach(
        routes.filter(({ path }) => path.includes('{')),
        async (route) => {
          for (const id of [theirs.id, theirs.wamid]) {
            const answer = await call(route, pathWith(route.path, id), example(route));
            if (answer.status !== 404 || shows(answer))
              wrong.push(`${route.name} ${id}: ${answer.status} ${answer.text}`);
          }
        },
      );
      expect(wrong).toEqual([]);
    },
    WALK_MS,
  );

  it("would be found there if they were the caller's own", async () => {
    const missing: string[] = [];
    await ofEach(routes.filter(readsOne), async (route) => {
      const answer = await call(route, fixedPath(route.path));
      if (answer.status !== 200) missing.push(`${route.name}: ${answer.status} ${answer.text}`);
    });
    // A kind of record that is new needs its row in records.ts.
    expect(missing).toEqual([]);
  });

  it(
    'in a body are refused, or touch nothing',
    async () => {
      const wrong: string[] = [];
      await ofEach(routes, async (route) => {
        for (const field of route.references) {
          const bodies = valuesOf(field, theirs, owner).flatMap((value) =>
            withAndWithoutPhone(withValue(example(route), field.path, value)),
          );
          for (const body of bodies) {
            const answer = await call(route, fixedPath(route.path), body);
            const said = `${route.name} ${field.path.join('.')} of ${JSON.stringify(body)}: ${answer.status} ${answer.text}`;
            if (![200, 404, 422].includes(answer.status) || shows(answer)) wrong.push(said);
          }
        }
      });
      expect(wrong).toEqual([]);
    },
    WALK_MS,
  );

  it(
    'in a query find nothing',
    async () => {
      const wrong: string[] = [];
      await ofEach(
        routes.filter(({ method }) => method === 'GET'),
        async (route) => {
          const queries = ['per_page=100', ...route.query.flatMap((name) => queriesWith(name, theirs))];
          for (const query of queries) {
            const answer = await call(route, `${fixedPath(route.path)}?${query}`);
            if (![200, 422].includes(answer.status) || shows(answer)) {
              wrong.push(`${route.name} ${query}: ${answer.status} ${answer.text}`);
            }
          }
        },
      );
      expect(wrong).toEqual([]);
    },
    WALK_MS,
  );

  it('leave everything as it was: nothing of the owner changed, nothing of the caller refers to it', async () => {
    expect(await everythingOf(owner)).toEqual(before);
    const named = Object.entries(await everythingOf(stranger)).flatMap(([table, rows]) =>
      rows
        .filter((row) => [theirs.id, theirs.marker, theirs.phone].some((word) => row.includes(String(word))))
        .map((row) => `${table} ${row}`),
    );
    expect(named).toEqual([]);
  });
});

const WALKERS = 4;

/** A few routes side by side, the calls of each one after the other. */
async function ofEach(routes: Route[], walk: (route: Route) => Promise<void>): Promise<void> {
  const left = [...routes];
  const walker = async (): Promise<void> => {
    for (let route = left.shift(); route; route = left.shift()) await walk(route);
  };
  await Promise.all(Array.from({ length: WALKERS }, walker));
}

/** What a tenant has that the field could name. */
function valuesOf({ path, type }: ReferenceField, records: Records, tenant: TestTenant): unknown[] {
  if (type === 'array') return [[records.id]];
  if (type === 'integer') return [records.id];
  return path.at(-1) === 'from' ? [tenant.phoneNumberId] : [String(records.id), records.wamid];
}

/** A phone beside a foreign contact_id is refused for being another one; without it nothing else stands in the way. */
function withAndWithoutPhone(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null || !('phone' in body)) return [body];
  const { phone, ...others } = body;
  return [{ phone, ...others }, others];
}

/** Query strings that ask for the owner's records by one parameter. */
function queriesWith(name: string, { id, marker, phone }: Records): string[] {
  const values = name.startsWith('filter[') ? [id, marker] : [marker, phone];
  return values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}&per_page=100`);
}

const formText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
