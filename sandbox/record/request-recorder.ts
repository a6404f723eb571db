import type { IncomingMessage } from 'node:http';
import { realNow } from '../clock/sandbox-clock.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import type { RequestOutcome, RequestRecord } from './records.js';

export interface RequestFacts {
  readonly to: string | null;
  readonly type: string | null;
  readonly opaque: string | null;
}

const NO_FACTS: RequestFacts = { to: null, type: null, opaque: null };

/** Writes down every request to the Cloud API. Access tokens are never recorded. */
export class RequestRecorder {
  constructor(private readonly world: World) {}

  begin(
    request: IncomingMessage,
    number: PhoneNumber | null,
    body: string | null,
    facts: RequestFacts = NO_FACTS,
  ): RequestRecord {
    const record: RequestRecord = {
      seq: this.world.journal.nextSeq(),
      at: number?.account.clock.now() ?? realNow() + this.world.clockOffsetMs,
      method: request.method ?? '',
      path: withoutToken(request.url ?? ''),
      phone_number_id: number?.id ?? null,
      waba_id: number?.account.id ?? null,
      to: facts.to,
      type: facts.type,
      biz_opaque_callback_data: facts.opaque,
      outcome: 'answered',
      http_status: null,
      error_code: null,
      wamid: null,
      fault: null,
      body: this.world.journal.keepBodies ? body : null,
    };
    (number?.requests ?? this.world.otherRequests).push(record);
    return record;
  }

  finish(record: RequestRecord, outcome: RequestOutcome, httpStatus: number | null, errorCode: number | null): void {
    record.outcome = outcome;
    record.http_status = httpStatus;
    record.error_code = errorCode;
    if (this.world.journal.hasListeners) {
      this.world.journal.publish({ kind: 'request', seq: record.seq, request: record });
    }
  }
}

function withoutToken(path: string): string {
  if (!path.includes('_token=')) return path;
  return path.replace(/((?:input|access)_token=)[^&]*/g, '$1…');
}
