import { classify, type ErrorClassification } from '../errors/classify.js';
import { isRecord, textOrNull } from './read-json.js';

/** WhatsApp's own error: what a call answered with a Graph error body. */
export interface GraphError {
  readonly code: number;
  /** WhatsApp's message; for people only. */
  readonly title: string;
  readonly details: string | null;
  readonly httpStatus: number;
  /** What Meta's support asks for. */
  readonly fbtraceId: string | null;
  readonly classification: ErrorClassification;
}

/** Reads `{"error":{"code":…}}`; undefined when the body is anything else. */
export function readGraphError(body: unknown, httpStatus: number): GraphError | undefined {
  if (!isRecord(body) || !isRecord(body.error)) return undefined;
  const { error } = body;
  if (typeof error.code !== 'number' || !Number.isInteger(error.code)) return undefined;
  return {
    code: error.code,
    title: textOrNull(error.message) ?? classify(error.code, httpStatus).title,
    details: isRecord(error.error_data) ? textOrNull(error.error_data.details) : null,
    httpStatus,
    fbtraceId: textOrNull(error.fbtrace_id),
    classification: classify(error.code, httpStatus),
  };
}
