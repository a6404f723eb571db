import type { SampleFile } from '../../src/api-reference/code-samples/request-sample.js';
import { jpeg } from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';
import type { Records } from './records.js';
import { hasValue, type ReferenceField, type Route, withValue } from './routes.js';

/** What came back, whatever its form: an envelope or a file. */
export interface Answer {
  status: number;
  text: string;
}

/** A path with the id in place of every parameter. */
export const pathWith = (path: string, id: number | string): string =>
  path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));

/** Calls a route as a tenant. Busy is no answer yet: the API says so with 503. */
export async function call(
  tenant: TestTenant,
  route: Route,
  path: string,
  fields?: unknown,
  more: Record<string, string> = {},
): Promise<Answer> {
  const headers = { authorization: `Bearer ${tenant.api.token}`, prefer: 'respond-async', ...more };
  return eventually(`an answer of ${route.name}`, async () => {
    const request = { method: route.method, ...(await bodyOf(route, headers, fields)) };
    const response = await fetch(`${tenant.api.url}${path}`, request);
    const answer = { status: response.status, text: await response.text() };
    return answer.status === 503 ? undefined : answer;
  });
}

/** The documented example, with the tenant's own records where it names some. */
export function example({ body, references }: Route, records: Records, tenant: TestTenant): unknown {
  if (body.kind === 'none') return undefined;
  const fields: unknown = body.kind === 'json' ? body.value : Object.fromEntries(body.fields);
  return references
    .filter(({ path }) => hasValue(fields, path))
    .reduce((filled, field) => withValue(filled, field.path, valuesOf(field, records, tenant)[0]), fields);
}

/** What a tenant has that the field could name. */
export function valuesOf({ path, type, ofCodes }: ReferenceField, records: Records, tenant: TestTenant): unknown[] {
  if (type === 'array') return [[records.id]];
  if (type === 'integer') return [records.id];
  if (path.at(-1) === 'from') return [tenant.phoneNumberId];
  if (path.at(-1) === 'template_name') return [ofCodes ? records.codeTemplateName : records.templateName];
  return [String(records.id), records.wamid];
}

const WALKERS = 4;

/** A few routes side by side, the calls of each one after the other. */
export async function ofEach(routes: readonly Route[], walk: (route: Route) => Promise<void>): Promise<void> {
  const left = [...routes];
  const walker = async (): Promise<void> => {
    for (let route = left.shift(); route; route = left.shift()) await walk(route);
  };
  const walkers = await Promise.allSettled(Array.from({ length: WALKERS }, walker));
  for (const one of walkers) if (one.status === 'rejected') throw one.reason;
}

async function bodyOf({ body }: Route, headers: Record<string, string>, fields: unknown): Promise<RequestInit> {
  if (body.kind === 'none') return { headers };
  if (body.kind === 'json') {
    return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(fields) };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields as Record<string, unknown>)) form.append(name, formText(value));
  for (const file of body.files) form.append(file.field, await contentOf(file), file.filename);
  return { headers, body: form };
}

async function contentOf({ contentType }: SampleFile): Promise<Blob> {
  if (contentType === 'text/csv') return new Blob(['phone,firstname,lastname\r\n201000000007,Mona,Ali\r\n']);
  return new Blob([new Uint8Array(await jpeg())], { type: 'image/jpeg' });
}

const formText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
