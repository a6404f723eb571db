/**
 * Decorators that describe an endpoint for the API reference. Importing this one file is enough:
 *
 *   @ApiTenantEndpoint({ tag, summary, description })   an endpoint called with a tenant's token. Adds the
 *                                                       errors every such endpoint has: UNAUTHORIZED,
 *                                                       INSUFFICIENT_SCOPE, RATE_LIMIT_EXCEEDED, INTERNAL_ERROR,
 *                                                       SERVICE_UNAVAILABLE. Scope, security scheme and rate-limit
 *                                                       headers are NOT named: the document takes them from
 *                                                       @RequireScopes. Nor is what every POST has: the header
 *                                                       Idempotency-Key and its errors.
 *   @ApiPublicEndpoint({ tag, summary, description })   an endpoint without a token (@Public).
 *   @ApiEnvelope(DataDto, { … })                        the successful answer: DataDto inside the envelope.
 *   @ApiListEndpoint({ … })                             all of a list at once; it stands in platform/pagination.
 *   @ApiErrors('NOT_FOUND', …)                          further errors; `apiError('NOT_FOUND', { when, … })` says what
 *                                                       the code means at this endpoint.
 *   @ApiRequestBody({ 'multipart/form-data': { dto, example } })  the body by content type; the first example is what
 *                                                       the code samples send (a file field's example is its name).
 *   @ApiPreferHeader()                                  the `Prefer` request header of the sends.
 *   @ApiIdParameter({ name, description, schema, example })  a path parameter.
 *
 * Fields are described on the DTO with Nest's @ApiProperty; code samples of an endpoint are made from its examples.
 */
import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { EnvelopeMeta, ErrorEnvelope, SuccessEnvelope } from './envelope.js';
import { ERROR_CODES, type ErrorCode } from '../error-codes.js';
import { ERROR_EXAMPLES } from './error-examples.js';

type EndpointDecorator = MethodDecorator & ClassDecorator;

/** Name of the bearer scheme in `components.securitySchemes`. */
export const TOKEN_SECURITY = 'token';

export interface EndpointDescription {
  /** Section of the reference, such as `Messages`. */
  tag: string;
  /** Name of the page, such as `Send media message`. */
  summary: string;
  /** Markdown; the required scope is put before it. */
  description: string;
}

export interface EnvelopeDescription {
  /** HTTP status; 200 unless said otherwise. */
  status?: number;
  description?: string;
  /** The sentence of `message`, where the endpoint has one. */
  message?: string;
  /** `data` is a list of DataDto. */
  isArray?: boolean;
  /** Named examples of `data`, each with the sentence of `message`. Without them one is made from the properties. */
  examples?: Record<string, { summary: string; data: unknown; message?: string }>;
  /** Response headers beside those every answer has; names of `components.headers`. */
  headers?: ResponseHeaderName[];
  /** `meta`, where it holds more than that of every answer. */
  meta?: Type<unknown>;
}

/** Response headers described once under `components.headers`. */
export const RESPONSE_HEADERS = {
  'X-Request-Id': {
    description: 'Id of this request: yours when you sent a UUID in `X-Request-Id`, else a new one.',
    schema: { type: 'string', format: 'uuid' },
    example: '0f8fad5b-d9cb-469f-a165-70867728950e',
  },
  'X-RateLimit-Limit': {
    description: 'Calls that this token may make in a minute.',
    schema: { type: 'integer' },
    example: 60,
  },
  'X-RateLimit-Remaining': {
    description: 'Calls left in the current minute.',
    schema: { type: 'integer' },
    example: 59,
  },
  'X-RateLimit-Reset': {
    description: 'When the count starts again, in Unix seconds.',
    schema: { type: 'integer' },
    example: 1767254380,
  },
  'Retry-After': {
    description: 'Seconds to wait before the call is tried again.',
    schema: { type: 'integer' },
    example: 12,
  },
  'Preference-Applied': {
    description: 'Which `Prefer` of the request was followed (RFC 7240).',
    schema: { type: 'string' },
    example: 'respond-async',
  },
  'Idempotent-Replayed': {
    description: '`true`: the answer that an earlier call with this `Idempotency-Key` got. Absent on a first answer.',
    schema: { type: 'string' },
    example: 'true',
  },
  'WWW-Authenticate': {
    description: 'The scheme to authenticate with.',
    schema: { type: 'string' },
    example: 'Bearer',
  },
} as const;

export type ResponseHeaderName = keyof typeof RESPONSE_HEADERS;

const EVERY_ANSWER: ResponseHeaderName[] = ['X-Request-Id'];

/** Of every answer to a call with a valid token; the document adds them where an operation asks for the token. */
export const RATE_LIMIT_HEADERS: ResponseHeaderName[] = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];

/** References to described response headers. */
export const headerRefs = (names: readonly ResponseHeaderName[]): Record<string, { $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const META_EXAMPLE = { request_id: '0f8fad5b-d9cb-469f-a165-70867728950e', timestamp: '2026-01-01T07:58:39+00:00' };

export interface ApiErrorDescription {
  readonly code: ErrorCode;
  /** What the code means at this endpoint; without it, the meaning of error-codes.ts. */
  readonly when?: string;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error code with the meaning, message or details it has at one endpoint, for `@ApiErrors`. */
export const apiError = (code: ErrorCode, special: Omit<ApiErrorDescription, 'code'>): ApiErrorDescription => ({
  code,
  ...special,
});

function headersOf(status: number): ResponseHeaderName[] {
  if (status === 401) return [...EVERY_ANSWER, 'WWW-Authenticate'];
  if (status === 429 || status === 503) return [...EVERY_ANSWER, 'Retry-After'];
  return EVERY_ANSWER;
}

/** Errors of an endpoint. Codes of one status share its response, each with its own example. */
export function ApiErrors(...errors: (ErrorCode | ApiErrorDescription)[]): EndpointDecorator {
  const responses = errors.map((error) => {
    const given: ApiErrorDescription = typeof error === 'string' ? { code: error } : error;
    const { status, meaning } = ERROR_CODES[given.code];
    const { message, details } = { ...ERROR_EXAMPLES[given.code], ...definedOf(given) };
    return ApiResponse({
      status,
      description: `\`${given.code}\`: ${given.when ?? meaning}`,
      headers: headerRefs(headersOf(status)),
      schema: { $ref: getSchemaPath(ErrorEnvelope) },
      examples: { [given.code]: errorExample(given.code, message, details) },
    });
  });
  return applyDecorators(ApiExtraModels(ErrorEnvelope), ...responses);
}

/** An answer with this error, as the reference shows it. */
export function errorExample(code: ErrorCode, message: string, details?: Readonly<Record<string, unknown>>) {
  return {
    summary: code,
    value: { success: false, error: { code, message, ...(details ? { details } : {}) }, meta: META_EXAMPLE },
  };
}

const definedOf = ({ message, details }: ApiErrorDescription) => ({
  ...(message ? { message } : {}),
  ...(details ? { details } : {}),
});

/** The successful answer: DataDto (or null) as `data` of the envelope. */
export function ApiEnvelope(data: Type<unknown> | null, described: EnvelopeDescription = {}): EndpointDecorator {
  const { status = 200, description = 'Success', message, isArray = false, examples, headers = [], meta } = described;
  const item = data === null ? { type: 'null' } : { $ref: getSchemaPath(data) };
  return applyDecorators(
    ApiExtraModels(SuccessEnvelope, EnvelopeMeta, ...(data === null ? [] : [data]), ...(meta ? [meta] : [])),
    ApiResponse({
      status,
      description,
      headers: headerRefs([...EVERY_ANSWER, ...headers]),
      schema: {
        allOf: [
          { $ref: getSchemaPath(SuccessEnvelope) },
          {
            type: 'object',
            required: ['data'],
            properties: {
              data: isArray ? { type: 'array', items: item } : item,
              ...(message ? { message: { type: 'string', example: message } } : {}),
              ...(meta ? { meta: { $ref: getSchemaPath(meta) } } : {}),
            },
          },
        ],
      },
      ...(examples ? { examples: envelopeExamples(examples) } : {}),
    }),
  );
}

function envelopeExamples(examples: NonNullable<EnvelopeDescription['examples']>) {
  return Object.fromEntries(
    Object.entries(examples).map(([name, { summary, data, message }]) => [
      name,
      { summary, value: { success: true, data, ...(message ? { message } : {}), meta: META_EXAMPLE } },
    ]),
  );
}

/** An endpoint called with a tenant's token. See the head of this file. */
export function ApiTenantEndpoint({ tag, summary, description }: EndpointDescription): EndpointDecorator {
  return applyDecorators(
    ApiTags(tag),
    ApiOperation({ summary, description }),
    ApiErrors('UNAUTHORIZED', 'INSUFFICIENT_SCOPE', 'RATE_LIMIT_EXCEEDED', 'INTERNAL_ERROR', 'SERVICE_UNAVAILABLE'),
  );
}

/** An endpoint without a token. See the head of this file. */
export function ApiPublicEndpoint({ tag, summary, description }: EndpointDescription): EndpointDecorator {
  return applyDecorators(ApiTags(tag), ApiOperation({ summary, description }));
}

export interface PathParameter {
  name: string;
  description: string;
  schema: { type: 'integer' | 'string' };
  /** Also used in the code samples. */
  example: number | string;
}

/** A path parameter, described. */
export const ApiIdParameter = ({ name, description, schema, example }: PathParameter): EndpointDecorator =>
  // Nest drops an example that stands beside a schema.
  applyDecorators(ApiParam({ name, description, schema: { ...schema, example } }));

/** The body of one content type. */
export interface BodyDescription {
  dto: Type<unknown>;
  /** Values by field; that of a file field is the file's name. */
  example: Readonly<Record<string, unknown>>;
}

export type RequestContentType = 'application/json' | 'multipart/form-data' | 'application/x-www-form-urlencoded';

/** Key of the metadata that {@link ApiRequestBody} sets; Nest's own @ApiBody knows one schema for all content types. */
export const REQUEST_BODY = 'openapi:request-body';

export type RequestBodies = Partial<Record<RequestContentType, BodyDescription>>;

/** The body of a request, by content type. The first one is what the code samples send. */
export const ApiRequestBody = (bodies: RequestBodies): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(...Object.values(bodies).map(({ dto }) => dto)),
    SetMetadata<string, RequestBodies>(REQUEST_BODY, bodies),
  );

/** The `Prefer` request header of the sends (RFC 7240): how long the call waits for WhatsApp's answer. */
export function ApiPreferHeader(): EndpointDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Prefer',
      required: false,
      description:
        "How long the call waits for WhatsApp's answer (RFC 7240). `respond-async`: not at all, the answer is `queued`. `wait=N`: up to N seconds, 0 to 30. Without it the platform's default applies (5 seconds unless the operator changed it).",
      schema: { type: 'string', pattern: '^(respond-async|wait=([0-9]|[12][0-9]|30))$' },
      examples: {
        async: { summary: 'Answer at once', value: 'respond-async' },
        wait: { summary: 'Wait up to 30 seconds', value: 'wait=30' },
      },
    }),
  );
}
