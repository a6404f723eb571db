import type { OpenAPIObject } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '../../platform/http/error-codes.js';
import { isResponse, operationsOf } from './operations.js';

/** Codes that belong to no endpoint: any request may meet them. */
const ANYWHERE: readonly ErrorCode[] = ['BAD_REQUEST', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'PAYLOAD_TOO_LARGE'];

const isErrorCode = (name: string): name is ErrorCode => name in ERROR_CODES;

/** The error codes that the document's endpoints name. */
export function usedErrorCodes(document: OpenAPIObject): Set<ErrorCode> {
  const examples = operationsOf(document)
    .flatMap(({ operation }) => Object.values(operation.responses))
    .filter(isResponse)
    .flatMap((response) => Object.keys(response.content?.['application/json']?.examples ?? {}));
  return new Set(examples.filter(isErrorCode));
}

/** A Markdown table of every error code that this API can answer with. */
export function errorTable(document: OpenAPIObject): string {
  const codes = new Set([...usedErrorCodes(document), ...ANYWHERE]);
  const rows = Object.entries(ERROR_CODES)
    .filter(([code]) => isErrorCode(code) && codes.has(code))
    .map(([code, { status, meaning }]) => `| ${status} | \`${code}\` | ${meaning} |`);
  return ['| HTTP | `error.code` | when |', '| --- | --- | --- |', ...rows].join('\n');
}
