import {
  getSchemaPath,
  type OperationObject,
  type ParameterObject,
  type ReferenceObject,
  type ResponseObject,
} from '@nestjs/swagger';
import { errorExample, headerRefs, type ResponseHeaderName } from '../../platform/http/openapi/api-endpoint.js';
import { ErrorEnvelope } from '../../platform/http/openapi/envelope.js';
import { ERROR_EXAMPLES } from '../../platform/http/openapi/error-examples.js';
import { ERROR_CODES, type ErrorCode } from '../../platform/http/error-codes.js';
import { isResponse } from './operations.js';

const PARAMETER = 'IdempotencyKey';

/** Under `components.parameters`. */
export const IDEMPOTENCY_PARAMETERS: Record<string, ParameterObject> = {
  [PARAMETER]: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A key of yours for this call, such as a UUID: repeat the call with the same key and body, and nothing happens twice. Remembered for 24 hours. See "Repeating a call safely".',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: '5c4a1c1e-0d0f-4a55-9d2c-6a5a7a3f5f10',
  },
};

/** What every POST with a token has: the header, what is answered about it, and the mark of a replay. */
export function addIdempotency(operation: OperationObject): void {
  const reference: ReferenceObject = { $ref: `#/components/parameters/${PARAMETER}` };
  const { responses } = operation;
  operation.parameters = [...(operation.parameters ?? []), reference];
  responses['409'] = withErrors(responses['409'], ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS'], ['Retry-After']);
  // A key that is too long.
  if (!hasExample(responses['422'], 'VALIDATION_ERROR')) {
    responses['422'] = withErrors(responses['422'], ['VALIDATION_ERROR'], []);
  }
  for (const [status, response] of Object.entries(responses)) {
    // Kept are successes, and failures that WhatsApp has decided.
    const replayable = status.startsWith('2') || hasExample(response, 'MESSAGE_SEND_FAILED');
    if (!replayable || !isResponse(response)) continue;
    response.headers = { ...response.headers, ...headerRefs(['Idempotent-Replayed']) };
  }
}

/** The answer of one status with further error codes, as @ApiErrors would have written them. */
function withErrors(
  present: ResponseObject | ReferenceObject | undefined,
  codes: readonly ErrorCode[],
  headers: readonly ResponseHeaderName[],
): ResponseObject {
  const own = isResponse(present) ? present : undefined;
  const json = own?.content?.['application/json'];
  const meanings = codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].meaning}`);
  const examples = codes.map((code) => {
    const { message, details } = ERROR_EXAMPLES[code];
    return [code, errorExample(code, message, details)] as const;
  });
  return {
    ...own,
    description: [own?.description, ...meanings].filter(Boolean).join('\n\n'),
    headers: { ...own?.headers, ...headerRefs(['X-Request-Id', ...headers]) },
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(ErrorEnvelope) },
        ...json,
        examples: { ...json?.examples, ...Object.fromEntries(examples) },
      },
    },
  };
}

const hasExample = (response: ResponseObject | ReferenceObject | undefined, code: string): boolean =>
  isResponse(response) && code in (response.content?.['application/json']?.examples ?? {});
