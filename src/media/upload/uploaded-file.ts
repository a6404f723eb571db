import type { FieldErrors } from '../../platform/http/api-error.js';
import type { ReceivedContent } from '../received-content.js';

/** One uploaded file as it came in. */
export interface UploadedTempFile {
  /** Form field it came in: `media_file`. */
  readonly fieldName: string;
  /** As the client named it; not to be trusted. */
  readonly originalName: string;
  /** Content type the client declared, lower case, without parameters; empty when it declared none. */
  readonly declaredType: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  /** Its bytes: in memory when small, else in a temporary file. */
  readonly content: ReceivedContent;
}

/** A media request as it was read, multipart or JSON/urlencoded. */
export interface MediaForm {
  /** Text fields as a plain object; `contact[firstname]` and `contact.firstname` both stand under `contact`. */
  readonly fields: Record<string, unknown>;
  /** The file in `media_file`, or null. */
  readonly file: UploadedTempFile | null;
  /** Faults found while reading (two files, wrong field, too large…), to be reported together with the fields'. */
  readonly faults: FieldErrors;
}
