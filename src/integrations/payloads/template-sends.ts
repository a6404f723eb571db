import { Injectable } from '@nestjs/common';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import type { SendContext } from '../../messages/send/send.service.js';
import { SendTemplateService } from '../../messages/send/send-template.service.js';
import { Postgres } from '../../platform/database/postgres.js';
import { ApiError, type FieldErrors, validationError } from '../../platform/http/api-error.js';
import { type Judgement, onceHashOf } from './judge-payload.js';

/** Why nothing is sent, or what was left out of what is. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const OF_CONTACT = 'contact.';

/** Sends, and rehearses, the template message that a payload asks for: by the path of `POST /messages/template`. */
@Injectable()
export class TemplateSends {
  constructor(
    private readonly templates: SendTemplateService,
    private readonly postgres: Postgres,
  ) {}

  /** Why a listener's rules send nothing for a payload, as far as they alone decide. */
  async reasonAgainst(tenantId: number, listenerId: number, { unmet, once }: Judgement): Promise<Reason | undefined> {
    if (unmet) {
      return {
        code: 'CONDITION_NOT_MET',
        message: `The condition on ${unmet.path} does not hold.`,
        details: { condition: unmet },
      };
    }
    if (once === null || !(await this.wasSent(tenantId, listenerId, once))) return undefined;
    return alreadySent();
  }

  /**
   * Sends. What the payload says of a new contact and cannot be taken (an e-mail that another contact has) is left out:
   * nobody misses a message for that.
   * @returns what was left out
   * @throws ApiError as `POST /messages/template`, StorePayloadNotDue when the payload was settled meanwhile
   */
  async send(judgement: Judgement, context: SendContext): Promise<Reason | undefined> {
    return (await withoutWrongContact(judgement, (form) => this.templates.send(form, context))).leftOut;
  }

  /** What {@link send} would do now; nothing is stored. @throws ApiError as `send` */
  async rehearse(
    judgement: Judgement,
    context: SendContext,
  ): Promise<{ text: string | null; leftOut: Reason | undefined }> {
    const { result, leftOut } = await withoutWrongContact(judgement, (form) => this.templates.rehearse(form, context));
    return { text: result.text, leftOut };
  }

  /** Primary key of store_sent_once. */
  private async wasSent(tenantId: number, listenerId: number, once: string): Promise<boolean> {
    const rows = await this.postgres.query(
      'store_sent_once_find',
      'SELECT FROM store_sent_once WHERE listener_id = $1 AND once_hash = $2 AND tenant_id = $3',
      [listenerId, onceHashOf(once), tenantId],
    );
    return rows.length > 0;
  }
}

/** `once_per` came to what a message was sent for already. */
export const alreadySent = (): Reason => ({
  code: 'ALREADY_SENT',
  message: 'A message was sent for the same once_per already.',
});

/** Tries again without the contact's fields that were refused, as long as nothing else was. */
async function withoutWrongContact<T>(
  { fields, contact, faults, contactFaults }: Judgement,
  send: (form: MediaForm) => Promise<T>,
): Promise<{ result: T; leftOut: Reason | undefined }> {
  if (Object.keys(faults).length > 0) throw validationError(faults);
  const wrong: FieldErrors = { ...contactFaults };
  for (;;) {
    const left = Object.entries(contact).filter(([name]) => !Object.hasOwn(wrong, `${OF_CONTACT}${name}`));
    try {
      const result = await send({ fields: { ...fields, contact: Object.fromEntries(left) }, file: null, faults: {} });
      return { result, leftOut: leftOutOf(wrong) };
    } catch (error) {
      const more = wrongOfContact(error);
      // Each round leaves a field out, or ends.
      if (!more || !left.some(([name]) => Object.hasOwn(more, `${OF_CONTACT}${name}`))) throw error;
      Object.assign(wrong, more);
    }
  }
}

function leftOutOf(wrong: FieldErrors): Reason | undefined {
  if (Object.keys(wrong).length === 0) return undefined;
  return {
    code: 'CONTACT_FIELDS_LEFT_OUT',
    message: 'Sent; some fields of the contact could not be taken.',
    details: wrong,
  };
}

/** The faults of a refusal that is about fields of the contact alone. */
function wrongOfContact(error: unknown): FieldErrors | undefined {
  if (!(error instanceof ApiError) || error.code !== 'VALIDATION_ERROR' || !error.details) return undefined;
  const faults = Object.entries(error.details);
  if (faults.length === 0 || !faults.every(([field]) => field.startsWith(OF_CONTACT))) return undefined;
  return Object.fromEntries(faults.map(([field, messages]) => [field, [messages].flat().map(String)]));
}
