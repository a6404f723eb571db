/** A file that a sample sends; it lies in the caller's working directory. */
export interface SampleFile {
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
}

export type SampleBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  | {
      readonly kind: 'multipart';
      readonly fields: readonly (readonly [name: string, value: string])[];
      /** At most one: the samples name its variable `file`. */
      readonly files: readonly [] | readonly [SampleFile];
    };

/** One call as the samples of every language write it. */
export interface RequestSample {
  /** Upper case. */
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: SampleBody;
}

/** Writes a call in one language. */
export interface SampleLanguage {
  /** Name that syntax highlighting knows. */
  readonly lang: string;
  /** Name in the language menu of the reference. */
  readonly label: string;
  readonly write: (sample: RequestSample) => string;
}

/** A string literal of JavaScript, Python, Java, Go and C#: their escapes agree on everything JSON writes. */
export const quoted = (text: string): string => JSON.stringify(text);

/** `text` with every line but the first moved right by `spaces`. */
export const indented = (text: string, spaces: number): string => text.replaceAll('\n', `\n${' '.repeat(spaces)}`);
