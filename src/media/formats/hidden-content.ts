import { hasBytes, type FileSample } from './file-sample.js';
import { findZipDirectory } from './zip-directory.js';

/** PDF readers accept a header anywhere in the first 1,024 bytes (ISO 32000-1 annex H, note 13). */
const PDF_HEADER_BYTES = 1024;
/** Browsers that guess look at the first 1,445 bytes (WHATWG MIME Sniffing, 5.2); some tools look further. */
const MARKUP_BYTES = 4096;
const MARKUP = /<(?:!doctype\s+html|html|head|body|script|iframe|svg|title|\?php|%@)|__HALT_COMPILER/i;

/** What a format is inside: an Office document is a ZIP, a compound file may embed anything, a PDF may speak of markup. */
export type FormatNature = 'binary' | 'pdf' | 'zip' | 'compound' | 'text';

/**
 * What a file also is beside the format it shows: such a polyglot passes one program as a picture and another as an
 * archive, a page or a script. Null when nothing of the kind is found.
 */
export async function hiddenContent(
  sample: FileSample,
  self: FormatNature,
): Promise<'a ZIP archive' | 'a PDF document' | 'markup or a script' | null> {
  if (self === 'compound') return null;
  if (self === 'text') return hasBytes(sample.head, 0, '%PDF-') ? 'a PDF document' : null;
  const start = sample.head.toString('latin1', 0, MARKUP_BYTES);
  if (self === 'binary' && MARKUP.test(start)) return 'markup or a script';
  if (self !== 'pdf' && start.slice(0, PDF_HEADER_BYTES).includes('%PDF-')) return 'a PDF document';
  if (self === 'zip') return null;
  // A PDF may carry an archive as an attachment, but then something follows it.
  return (await findZipDirectory(sample, self === 'pdf' ? 'exact' : 'anywhere')) ? 'a ZIP archive' : null;
}
