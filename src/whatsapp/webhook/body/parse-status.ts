import { REPORTED_STATUSES, type ReportedStatus, type StatusItem } from './items.js';
import { id, list, record, unixSeconds } from './json.js';
import { parseError } from './parse-error.js';
import { WAMID_LENGTH, type NumberAddress } from './parse-message.js';

const isReportedStatus = (value: unknown): value is ReportedStatus =>
  REPORTED_STATUSES.some((status) => status === value);

/** A status of ours carries `m=<message id>;a=<attempt no>` back. */
const OPAQUE_DATA = /^m=(\d{1,15});a=(\d{1,9})$/;

/**
 * One status of a message.
 * @returns the reason when it cannot be used; null when WhatsApp reports a status that we do not follow
 */
export function parseStatus(value: unknown, at: string, address: NumberAddress): StatusItem | string | null {
  const status = record(value);
  if (!status) return 'not an object';
  const wamid = id(status.id, WAMID_LENGTH);
  if (!wamid) return 'no message id';
  if (typeof status.status !== 'string') return 'no status';
  if (!isReportedStatus(status.status)) return null;
  return {
    kind: 'status',
    at,
    ...address,
    wamid,
    status: status.status,
    occurredAt: unixSeconds(status.timestamp),
    attempt: attemptOf(status.biz_opaque_callback_data),
    error: status.status === 'failed' ? parseError(list(status.errors)[0]) : null,
  };
}

function attemptOf(opaque: unknown): StatusItem['attempt'] {
  const match = typeof opaque === 'string' ? OPAQUE_DATA.exec(opaque) : null;
  return match ? { messageId: Number(match[1]), attemptNo: Number(match[2]) } : null;
}
