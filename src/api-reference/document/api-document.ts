import type { INestApplication } from '@nestjs/common';
import {
  type ContentObject,
  DocumentBuilder,
  getSchemaPath,
  type OpenAPIObject,
  type OperationObject,
  type ParameterObject,
  type ReferenceObject,
  type RequestBodyObject,
  SwaggerModule,
} from '@nestjs/swagger';
import {
  headerRefs,
  RATE_LIMIT_HEADERS,
  type RequestBodies,
  RESPONSE_HEADERS,
  TOKEN_SECURITY,
} from '../../platform/http/openapi/api-endpoint.js';
import { codeSamples } from '../code-samples/code-samples.js';
import { errorTable } from './error-table.js';
import { addIdempotency, IDEMPOTENCY_PARAMETERS } from './idempotency.js';
import { failureTable } from './failure-table.js';
import { isResponse, operationsOf, type PlacedOperation } from './operations.js';
import { handlerKey, type RouteHandler, routeHandlers } from './route-handlers.js';
import { sampleRequest } from './sample-request.js';
import { completeUnionTypes, exampleOf } from './schemas.js';
import { readPages, readSections } from './written-pages.js';

/** Stands in pages/ where the table of error codes belongs. */
const ERROR_TABLE_MARK = '<!-- error-table -->';
/** Likewise for what a message's `error` can show. */
const FAILURE_TABLE_MARK = '<!-- failure-table -->';

const REQUEST_ID_PARAMETER = 'RequestId';

/**
 * The OpenAPI 3.1 document of everything the program serves, made from the controllers' decorators. Scopes come from
 * the guard's own metadata, so that the reference cannot say anything else than what is checked.
 *
 * @param publicUrl where callers reach the API: the document's server, and the host in its code samples
 */
export function apiDocument(app: INestApplication, publicUrl: string): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, head(publicUrl), {
    operationIdFactory: handlerKey,
    autoTagControllers: false,
  });
  const handlers = routeHandlers(app);
  completeUnionTypes(document);
  for (const placed of operationsOf(document)) complete(document, publicUrl, placed, handlerOf(handlers, placed));
  document.components = {
    ...document.components,
    headers: { ...RESPONSE_HEADERS },
    parameters: {
      [REQUEST_ID_PARAMETER]: {
        name: 'X-Request-Id',
        in: 'header',
        required: false,
        description: 'A UUID of yours for this request; it comes back in the answer and stands in our logs.',
        schema: { type: 'string', format: 'uuid' },
      },
      ...IDEMPOTENCY_PARAMETERS,
    },
  };
  document.info.description = readPages()
    .replace(ERROR_TABLE_MARK, errorTable(document))
    .replace(FAILURE_TABLE_MARK, failureTable());
  return document;
}

function head(publicUrl: string): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('RASL API')
    .setVersion('2.0')
    .addServer(publicUrl)
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'rasl_…',
        description: 'An API token: `Authorization: Bearer rasl_…`.',
      },
      TOKEN_SECURITY,
    );
  for (const { name, text } of readSections()) builder.addTag(name, text);
  return builder.build();
}

function handlerOf(handlers: Map<string, RouteHandler>, { method, path, operation }: PlacedOperation): RouteHandler {
  const handler = handlers.get((operation.operationId ?? '').replace(/\[\d+\]$/, ''));
  if (!handler) throw new Error(`No route handler belongs to ${method} ${path}`);
  return handler;
}

/** Adds to an operation what its decorators need not repeat: scope, headers, request id, operation id, samples. */
function complete(document: OpenAPIObject, publicUrl: string, placed: PlacedOperation, handler: RouteHandler): void {
  const { method, path, operation } = placed;
  const scopes = handler.access?.kind === 'scopes' ? [...handler.access.scopes] : [];
  const needsToken = handler.access?.kind === 'scopes';
  operation.operationId = operationId(handler, path);
  operation.security = needsToken ? [{ [TOKEN_SECURITY]: scopes }] : [];
  if (needsToken) {
    operation.description = [
      `**Required scope:** ${scopes.map((scope) => `\`${scope}\``).join(', ')}`,
      operation.description,
    ]
      .filter(Boolean)
      .join('\n\n');
    if (method === 'post') addIdempotency(operation);
    addRateLimitHeaders(operation);
  }
  if (handler.bodies) operation.requestBody = requestBody(handler.bodies);
  addAnswerExamples(document, operation);
  const parameters = (operation.parameters ?? []).filter((one) => !isMissingInPath(one, path));
  operation.parameters = [...parameters, { $ref: `#/components/parameters/${REQUEST_ID_PARAMETER}` }];
  const sample = sampleRequest(document, publicUrl, { method, path, operation, needsToken });
  Object.assign(operation, { 'x-codeSamples': codeSamples(sample) });
}

/** The handler's name; where it answers several paths, the parameters tell them apart: `verify`, `verifyByAppKey`. */
function operationId({ method, paths }: RouteHandler, path: string): string {
  if (paths < 2) return method;
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const words = parameters.flatMap((name) => name.split('_')).map((word) => word[0]?.toUpperCase() + word.slice(1));
  return words.length > 0 ? `${method}By${words.join('')}` : method;
}

/** A handler of several paths describes the parameters of all of them. */
const isMissingInPath = (parameter: ParameterObject | ReferenceObject, path: string): boolean =>
  'in' in parameter && parameter.in === 'path' && !path.includes(`{${parameter.name}}`);

function requestBody(bodies: RequestBodies): RequestBodyObject {
  const content = Object.entries(bodies).map(([type, { dto, example }]) => [
    type,
    { schema: { $ref: getSchemaPath(dto) }, example },
  ]);
  return { required: true, content: Object.fromEntries(content) as ContentObject };
}

/** An example of each answer that has none of its own, made of the examples of its fields. */
function addAnswerExamples(document: OpenAPIObject, { responses }: OperationObject): void {
  for (const response of Object.values(responses).filter(isResponse)) {
    const json = response.content?.['application/json'];
    if (json?.schema && !json.examples) json.example ??= exampleOf(document, json.schema);
  }
}

/** Every answer after the token was accepted tells how many calls are left. */
function addRateLimitHeaders({ responses }: OperationObject): void {
  for (const [status, response] of Object.entries(responses)) {
    if (status !== '401' && isResponse(response)) {
      response.headers = { ...response.headers, ...headerRefs(RATE_LIMIT_HEADERS) };
    }
  }
}
