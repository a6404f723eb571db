import { newTraceId } from '../world/ids.js';
import { ERROR_TABLE } from './error-table.js';

/** An error as the Cloud API answers it, synchronously or in the `errors` of a `failed` status. */
export class GraphError extends Error {
  readonly http: number;
  readonly title: string;

  /**
   * @param code Meta's error code; the HTTP status and the title come from the error table.
   * @param details The text of `error_data.details`; without it the title is repeated.
   * @param http Overrides the table's HTTP status.
   */
  constructor(
    readonly code: number,
    readonly details?: string,
    http?: number,
    readonly subcode?: number,
  ) {
    const entry = ERROR_TABLE.get(code);
    const title = entry?.title ?? 'Unknown error';
    super(`(#${code}) ${title}`);
    this.title = title;
    this.http = http ?? entry?.http ?? 400;
  }

  /** The body of a synchronous answer (WhatsApp: "Error codes", error response syntax). */
  body(): object {
    return {
      error: {
        message: this.message,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details ?? this.title },
        fbtrace_id: newTraceId(),
      },
    };
  }

  /** One element of `errors` in a status webhook. */
  statusError(): object {
    return {
      code: this.code,
      title: this.title,
      message: this.title,
      error_data: { details: this.details ?? this.title },
      href: 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes',
    };
  }
}

/** An object that is not there, or that the token may not see: Graph does not tell the two apart. */
export function objectNotFound(id: string, method: string): GraphError {
  return new GraphError(
    100,
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    400,
    33,
  );
}
