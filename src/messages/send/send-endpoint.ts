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
import { CommitsIdempotencyKey } from '../../platform/idempotency/decorators.js';
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

/** A body of fields: JSON, or the same as a form without files. */
export const fieldBodies = (dto: Type<unknown>, example: Readonly<Record<string, unknown>>): RequestBodies => ({
  'application/json': { dto, example },
  'application/x-www-form-urlencoded': { dto, example },
});

/** Paragraphs that several pages share. */
export const PARAGRAPHS = {
  window:
    "**24-hour service window.** This is a free-form message: WhatsApp delivers it only within 24 hours of the customer's last message or call. After that, send an approved template. The answer says when the window ends (`service_window_expires_at`).",
  contacts:
    "**Contacts.** Without `contact_id`, the contact with this phone is used. When there is none, it is created as a lead with your account's default status, source and assignee (all three must be set), within your plan's contact limit.",
  answer:
    "**The answer** waits for WhatsApp's own for a few seconds (see `Prefer`). `sent`: WhatsApp took the message. `queued`: it is stored and will go out; follow it with `GET /messages/{id}`. A message that was answered with 200 is never lost.",
};

/** Everything that the send endpoints have in common: scope, status, `Prefer`, `Idempotency-Key`, and their errors. */
export function SendEndpoint({ subject, bodies, answer, errors = [], ...page }: SendEndpointDescription) {
  return applyDecorators(
    HttpCode(200),
    RequireScopes('messages:send'),
    CommitsIdempotencyKey(),
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
