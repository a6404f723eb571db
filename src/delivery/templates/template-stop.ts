import type { AttemptEnd } from '../attempts/attempt-end.js';
import { failedHere } from '../attempts/decide-end.js';

/** WhatsApp's codes for a template that cannot be sent. */
export const TEMPLATE_MISSING = 132001;
export const TEMPLATE_PAUSED = 132015;
export const TEMPLATE_DISABLED = 132016;

/**
 * How a message ends whose template may not be sent any more. It fails with the code that WhatsApp would answer, without
 * asking: WhatsApp drops what is held for a paused template, too, and every refused try costs quality.
 * @param status as the template has it now; null: it is gone
 */
export function stoppedByTemplate(status: string | null): AttemptEnd {
  switch (status) {
    case 'PAUSED':
      return failedHere(
        String(TEMPLATE_PAUSED),
        'Template is paused',
        'WhatsApp paused the template before the message could leave; it was not sent.',
      );
    case 'DISABLED':
      return failedHere(
        String(TEMPLATE_DISABLED),
        'Template is disabled',
        'WhatsApp disabled the template before the message could leave; it was not sent.',
      );
    default:
      return failedHere(
        String(TEMPLATE_MISSING),
        'Template does not exist',
        `The template was ${status ?? 'gone'} when the message was to leave; it was not sent.`,
      );
  }
}
