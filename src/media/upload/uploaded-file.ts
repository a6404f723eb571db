import type { FieldErrors } from '../../platform/http/api-error.js';
import { ArrivedFile } from '../arrived-file.js';
import type { ReceivedContent } from '../received-content.js';

/** One uploaded file as it came in. */
export class UploadedTempFile extends ArrivedFile {
  constructor(
    /** Form field it came in, such as `media_file`. */
    readonly fieldName: string,
    originalName: string,
    declaredType: string,
    content: ReceivedContent,
  ) {
    super(originalName, declaredType, content, 'refuse');
  }
}

/** A media request as it was read, multipart or JSON/urlencoded. */
export interface MediaForm {
  /** Text fields as a plain object; `contact[firstname]` and `contact.firstname` both stand under `contact`. */
  readonly fields: Record<string, unknown>;
  /** The one file that the form may hold, or null. */
  readonly file: UploadedTempFile | null;
  /** Faults found while reading (two files, wrong field, too large…), to be reported together with the fields'. */
  readonly faults: FieldErrors;
}
