import { MASK } from '../../templates/sending/render-template.js';
import type { MessagePayload } from '../../whatsapp/client/payloads.js';
import type { SendResult } from '../../whatsapp/client/send-result.js';

/** Shorter values are no codes of ours, and parts of many words. */
const SHORTEST = 4;

/**
 * What WhatsApp said to a one-time code, without the values that it was sent: an error may repeat them, and is stored,
 * logged and shown.
 */
export function withoutValues(result: SendResult, payload: MessagePayload): SendResult {
  if (result.kind !== 'refused' || payload.type !== 'template') return result;
  const values = (payload.template.components ?? [])
    .flatMap((component) => (component.type === 'body' ? component.parameters : []))
    .flatMap((parameter) => (parameter.type === 'text' && parameter.text.length >= SHORTEST ? parameter.text : []));
  const hidden = (text: string): string => values.reduce((shown, value) => shown.replaceAll(value, MASK), text);
  const { title, details } = result;
  return { ...result, title: hidden(title), details: details === null ? null : hidden(details) };
}
