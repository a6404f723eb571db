/** What beside `data` a success answer may say. */
export interface ReplyOptions {
  /** A sentence for people, beside `data` in the envelope. */
  message?: string;
  /** HTTP status; 200 unless given. */
  status?: number;
  /** Added to `meta`, for example `pagination`. */
  meta?: Readonly<Record<string, unknown>>;
  /** Extra answer headers, for example `Idempotent-Replayed`. */
  headers?: Readonly<Record<string, string>>;
}

/** A success answer with more than data. A controller that has only data returns the data itself. */
export class Reply<T> {
  constructor(
    readonly data: T,
    readonly options: ReplyOptions = {},
  ) {}
}
