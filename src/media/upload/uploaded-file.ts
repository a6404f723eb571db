/** One uploaded file as it came in: small ones are held in memory, larger ones in a temporary file. */
export interface UploadedTempFile {
  /** Form field it came in: `media_file`. */
  readonly fieldName: string;
  /** As the client named it; not to be trusted. */
  readonly originalName: string;
  /** Content type the client declared, lower case, without parameters; empty when it declared none. */
  readonly declaredType: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  /** The file's first bytes (all of it when it is small), for telling its format. */
  readonly head: Buffer;
  /** Whole content of a small file; then there is no temporary file. */
  readonly content: Buffer | null;
  /** Temporary file of a larger one. */
  readonly path: string | null;
}

/** What is wrong, per request field, as `validationError` takes it. */
export type FieldFaults = Record<string, string[]>;

/** A media request as it was read, multipart or JSON/urlencoded. */
export interface MediaForm {
  /** Text fields as a plain object; `contact[firstname]` and `contact.firstname` both stand under `contact`. */
  readonly fields: Record<string, unknown>;
  /** The file in `media_file`, or null. */
  readonly file: UploadedTempFile | null;
  /** Faults found while reading (two files, wrong field, too large…), to be reported together with the fields'. */
  readonly faults: FieldFaults;
}
