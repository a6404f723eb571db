import { csharp } from './csharp.js';
import { go } from './go.js';
import { java } from './java.js';
import { javascript } from './javascript.js';
import { php } from './php.js';
import { python } from './python.js';
import type { RequestSample, SampleLanguage } from './request-sample.js';
import { shell } from './shell.js';

/** Languages of the samples, in the order of the reference's menu. */
export const SAMPLE_LANGUAGES: readonly SampleLanguage[] = [shell, javascript, python, php, java, go, csharp];

/** A member of the `x-codeSamples` extension, which Scalar and other viewers read. */
export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

/**
 * The call in every language. The viewer could write samples itself, but those of its version 1.46 send no file in
 * JavaScript, PHP and Java, do not compile in Go, and break at a quote in a text.
 */
export const codeSamples = (sample: RequestSample): CodeSample[] =>
  SAMPLE_LANGUAGES.map(({ lang, label, write }) => ({ lang, label, source: write(sample) }));
