import { HttpException } from '@nestjs/common';
import {
  ApiError,
  internalError,
  notFound,
  payloadTooLarge,
  serviceUnavailable,
  unauthorized,
  validationError,
} from './api-error.js';
import { BODY_LIMIT_BYTES } from './body-limit.js';
import { isUnavailable } from './unavailable.js';

/** Body-parser's error types (https://github.com/expressjs/body-parser#errors) and what the caller reads. */
const BODY_FAULTS: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'The body is not valid JSON',
  'encoding.unsupported': 'The Content-Encoding is not supported',
  'charset.unsupported': 'The charset of the body is not supported',
  'parameters.too.many': 'The body has too many fields',
  'querystring.parse.rangeError': 'The body is nested too deeply',
  'request.aborted': 'The body was cut short',
  'request.size.invalid': 'The body does not have the length that Content-Length says',
};

const text = (error: object, name: string): string => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
};

function fromBodyParser(error: Error): ApiError | undefined {
  const type = text(error, 'type');
  if (type === 'entity.too.large') return payloadTooLarge(BODY_LIMIT_BYTES);
  const fault = BODY_FAULTS[type];
  if (fault !== undefined) return validationError({ body: [fault] }, fault);
  // zlib could not read what Content-Encoding promised.
  if (/^Z_/.test(text(error, 'code')))
    return validationError({ body: ['The body is not encoded as Content-Encoding says'] });
  return undefined;
}

/** Multer and the multipart parser below it (a body cut short, a field too many): always the caller's doing. */
function fromMultipart(error: Error): ApiError | undefined {
  if (error.name === 'MulterError') return validationError({ [text(error, 'field') || 'body']: [error.message] });
  if (/^(Unexpected end of (form|multipart data|file)|Multipart: |Malformed (part|content))/.test(error.message)) {
    return validationError({ body: ['The multipart body is malformed or was cut short'] });
  }
  return undefined;
}

function fromStatus(status: number, cause: Error): ApiError {
  switch (status) {
    case 401:
      return unauthorized();
    case 403:
      return new ApiError(403, 'INSUFFICIENT_SCOPE', 'This is not allowed');
    case 404:
      return notFound();
    case 405:
      return new ApiError(405, 'METHOD_NOT_ALLOWED', 'This method is not allowed here');
    case 413:
      return payloadTooLarge(BODY_LIMIT_BYTES);
    case 429:
      return new ApiError(429, 'RATE_LIMIT_EXCEEDED', 'Too many requests', { retry_after: 1 }, { 'Retry-After': '1' });
    case 503:
      return serviceUnavailable(cause);
    default:
      return status < 500 ? validationError({ body: ['The request cannot be read'] }) : internalError(cause);
  }
}

/**
 * What the caller is told about any error. Nothing of a foreign error's own text is passed on, except what multer says
 * about a field.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error)) return internalError(error);
  const cause = error instanceof HttpException && error.cause instanceof Error ? error.cause : error;
  // A path with a broken percent encoding is a path that nothing has.
  if (cause instanceof URIError) return notFound();
  const known = fromBodyParser(cause) ?? fromMultipart(cause);
  if (known) return known;
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  if (isUnavailable(error)) return serviceUnavailable(error);
  return internalError(error);
}
