import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { RequireScopes } from '../../auth-scopes/decorators.js';
import {
  apiError,
  type ApiErrorDescription,
  ApiEnvelope,
  ApiErrors,
  ApiPreferHeader,
  ApiRequestBody,
  ApiTenantEndpoint,
  type EndpointDescription,
  type RequestBodies,
} from '../../platform/http/openapi/api-endpoint.js';
import type { SentDto } from '../dto/sent.dto.js';

/** One of the send endpoints, as the API reference shows it. */
export interface SendEndpointDescription extends EndpointDescription {
  /** Begins the sentence of the answer, as in {@link SendReplies.reply}. */
  subject: string;
  bodies: RequestBodies;
  answer: Type<SentDto>;
  /** Beside those of every send. */
  errors?: (Parameters<typeof ApiErrors>[number] | ApiErrorDescription)[];
}

/** Everything that the send endpoints have in common: scope, status, `Prefer`, and their errors. */
export function SendEndpoint({ subject, bodies, answer, errors = [], ...page }: SendEndpointDescription) {
  return applyDecorators(
    HttpCode(200),
    RequireScopes('messages:send'),
    ApiTenantEndpoint(page),
    ApiPreferHeader(),
    ApiRequestBody(bodies),
    ApiEnvelope(answer, { message: `${subject} sent successfully`, headers: ['Preference-Applied'] }),
    ApiErrors(
      apiError('FEATURE_LIMIT_EXCEEDED', { when: "A new contact or conversation does not fit the plan's limit." }),
      'CONTACT_OPTED_OUT',
      apiError('NOT_FOUND', { when: 'There is no contact with this contact_id.' }),
      'VALIDATION_ERROR',
      'WHATSAPP_NOT_CONFIGURED',
      'SERVICE_WINDOW_CLOSED',
      'PAYLOAD_TOO_LARGE',
      'MESSAGE_SEND_FAILED',
      ...errors,
    ),
  );
}
