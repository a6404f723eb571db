import type { OpenAPIObject, ReferenceObject, SchemaObject } from '@nestjs/swagger';
import { operationsOf, type PlacedOperation } from '../../src/api-reference/document/operations.js';
import { sampleRequest } from '../../src/api-reference/document/sample-request.js';
import { resolved } from '../../src/api-reference/document/schemas.js';
import type { SampleBody } from '../../src/api-reference/code-samples/request-sample.js';

/** A field of a body that names a record: `['contact', 'groups']`. */
export interface ReferenceField {
  path: (string | number)[];
  type: 'integer' | 'string' | 'array';
  /** Of a route about one-time codes: a template that it names is one that brings codes. */
  ofCodes: boolean;
}

/** A route that is called with a tenant's token. */
export interface Route {
  /** As the reference shows it. */
  name: string;
  method: string;
  path: string;
  /** Names of the query parameters. */
  query: string[];
  /** With the documented example. */
  body: SampleBody;
  references: ReferenceField[];
}

/** Names of fields that name records: `contact_id`, `contact_ids`, `ids`, and those that do not say so. */
const REFERENCE = /(^|_)ids?$|^(from|groups|reply_to|template_name)$/;

/** Texts that a caller makes up, and WhatsApp's own ids of people: of a button, of a contact's phone. */
const CALLERS_OWN = new Set(['id', 'wa_id']);

/** Of no record: the same for everybody. */
const COMMON = new Set(['country_id']);

/** Every route of the API that needs a token, read from the document that the program serves. */
export function tenantRoutes(document: OpenAPIObject): Route[] {
  return operationsOf(document)
    .filter(({ operation }) => (operation.security ?? []).length > 0)
    .map((placed) => ({
      name: `${placed.method.toUpperCase()} ${placed.path}`,
      method: placed.method.toUpperCase(),
      path: placed.path,
      query: (placed.operation.parameters ?? []).flatMap((one) => ('in' in one && one.in === 'query' ? one.name : [])),
      body: sampleRequest(document, '', { ...placed, needsToken: true }).body,
      references: referencesOf(document, placed).map((field) => ({
        ...field,
        ofCodes: placed.path.startsWith('/api/v2/auth/'),
      })),
    }));
}

type FoundField = Omit<ReferenceField, 'ofCodes'>;

function referencesOf(document: OpenAPIObject, { operation: { requestBody } }: PlacedOperation): FoundField[] {
  if (!requestBody || '$ref' in requestBody) return [];
  const media = requestBody.content['multipart/form-data'] ?? requestBody.content['application/json'];
  return media ? fieldsOf(document, media.schema, []) : [];
}

function fieldsOf(
  document: OpenAPIObject,
  schema: SchemaObject | ReferenceObject | undefined,
  path: ReferenceField['path'],
): FoundField[] {
  const { properties = {}, items, allOf = [] } = resolved(document, schema);
  return [
    ...allOf.flatMap((part) => fieldsOf(document, part, path)),
    ...(items ? fieldsOf(document, items, [...path, 0]) : []),
    ...Object.entries(properties).flatMap(([name, property]) => {
      const here = [...path, name];
      if (!REFERENCE.test(name) || COMMON.has(name)) return fieldsOf(document, property, here);
      const type = typeOf(resolved(document, property));
      return type === 'string' && CALLERS_OWN.has(name) ? [] : [{ path: here, type }];
    }),
  ];
}

/** A field that may be null has two types (OpenAPI 3.1). */
function typeOf({ type }: SchemaObject): ReferenceField['type'] {
  const types: unknown[] = [type].flat();
  return types.includes('array') ? 'array' : types.includes('integer') ? 'integer' : 'string';
}

type Json = unknown;

/** A copy of `body` with the value at the path; what lies between is made. */
export function withValue(body: Json, [key, ...rest]: ReferenceField['path'], value: Json): Json {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list: Json[] = Array.isArray(body) ? [...(body as Json[])] : [];
    list[key] = withValue(list[key], rest, value);
    return list;
  }
  const record = isRecord(body) ? body : {};
  return { ...record, [key]: withValue(record[key], rest, value) };
}

/** Whether the body has something at the path. */
export function hasValue(body: Json, [key, ...rest]: ReferenceField['path']): boolean {
  if (key === undefined) return body !== undefined;
  if (typeof key === 'number') return Array.isArray(body) && hasValue(body[key], rest);
  return isRecord(body) && hasValue(body[key], rest);
}

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
