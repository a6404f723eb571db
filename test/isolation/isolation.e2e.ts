import type { OpenAPIObject } from '@nestjs/swagger';
import { TestTenant } from '../support/tenant.js';
import { type Answer, call, example, ofEach, pathWith, valuesOf } from './calls.js';
import { everythingOf, giveRecords, type Records } from './records.js';
import { type Route, tenantRoutes, withValue } from './routes.js';

/** Hundreds of calls; a machine with other work takes its time. */
const WALK_MS = 240_000;

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
  let before: Record<string, string[]>;

  beforeAll(async () => {
    [owner, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
    [theirs, own] = await Promise.all([giveRecords(owner), giveRecords(stranger)]);
    const document = (await (await fetch(`${stranger.api.url}/openapi.json`)).json()) as OpenAPIObject;
    routes = tenantRoutes(document);
    before = await everythingOf(owner);
  });
  afterAll(() => Promise.all([owner.close(), stranger.close()]));

  const ask = (route: Route, path: string, fields?: unknown): Promise<Answer> => call(stranger, route, path, fields);

  const ownExample = (route: Route): unknown => example(route, own, stranger);

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
            const answer = await ask(route, pathWith(route.path, id), ownExample(route));
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
      const answer = await ask(route, fixedPath(route.path));
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
            withAndWithoutPhone(withValue(ownExample(route), field.path, value)),
          );
          for (const body of bodies) {
            const answer = await ask(route, fixedPath(route.path), body);
            const said = `${route.name} ${field.path.join('.')} of ${JSON.stringify(body)}: ${answer.status} ${answer.text}`;
            if (![200, 201, 404, 422].includes(answer.status) || shows(answer)) wrong.push(said);
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
            const answer = await ask(route, `${fixedPath(route.path)}?${query}`);
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
