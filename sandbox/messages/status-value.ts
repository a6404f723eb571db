import type { GraphError } from '../graph/graph-error.js';
import type { MessageRecord, MessageStatus } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';

/** Who the business is, in every change of the `messages` field. */
export function metadata(number: PhoneNumber): object {
  return { display_phone_number: number.digits, phone_number_id: number.id };
}

/**
 * The `value` of a status change (WhatsApp, webhooks reference, status messages).
 * `contacts` comes with all but `failed`; there is no `conversation` from v24.0 on.
 */
export function statusValue(
  number: PhoneNumber,
  message: MessageRecord,
  status: MessageStatus,
  at: number,
  error: GraphError | null,
  withPricing: boolean,
): object {
  const contact =
    message.wa_id === null ? { user_id: message.user_id } : { wa_id: message.wa_id, user_id: message.user_id };
  return {
    messaging_product: 'whatsapp',
    metadata: metadata(number),
    ...(status === 'failed' ? {} : { contacts: [contact] }),
    statuses: [
      {
        id: message.wamid,
        status,
        timestamp: String(Math.floor(at / 1000)),
        ...(message.wa_id === null ? {} : { recipient_id: message.wa_id }),
        recipient_user_id: message.user_id,
        ...(message.biz_opaque_callback_data === null
          ? {}
          : { biz_opaque_callback_data: message.biz_opaque_callback_data }),
        ...(withPricing ? { pricing: pricing(message.category) } : {}),
        ...(error === null ? {} : { errors: [error.statusError()] }),
      },
    ],
  };
}

function pricing(category: string): object {
  const service = category === 'service';
  return {
    billable: !service,
    pricing_model: 'PMP',
    type: service ? 'free_customer_service' : 'regular',
    category,
  };
}
