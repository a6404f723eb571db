import type { IncomingMessage } from 'node:http';
import { extensionOfUrlName, withoutExtension } from '../names/file-names.js';

/** `filename*=UTF-8''…` (RFC 8187), which wins over `filename=` (RFC 6266, 4.3). */
const EXTENDED_NAME = /;\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^']*'([^;\s]+)/i;
const QUOTED_NAME = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i;
const PLAIN_NAME = /;\s*filename\s*=\s*([^;"\s]+)/i;

/** What an answer's file is called: as its server says, else the last part of the URL's path; may be empty. */
export function answerName(url: URL, { headers }: IncomingMessage): string {
  const named = nameFromDisposition(headers['content-disposition'] ?? '');
  if (named !== '') return named;
  const last = percentDecoded(url.pathname.split('/').at(-1) ?? '');
  // `image.php` is a program's name, not the file's.
  return extensionOfUrlName(last) === '' ? withoutScriptExtension(last) : last;
}

/** Content type without parameters, lower case; empty when the server gave none. */
export function answerType({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function withoutScriptExtension(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  return extension === undefined ? name : withoutExtension(name, [extension]);
}

function nameFromDisposition(header: string): string {
  const extended = EXTENDED_NAME.exec(header);
  if (extended?.[2] !== undefined) {
    if (extended[1]?.toLowerCase() === 'utf-8') return percentDecoded(extended[2]);
    return unescape8859(extended[2]);
  }
  const quoted = QUOTED_NAME.exec(header)?.[1];
  const name = quoted !== undefined ? quoted.replace(/\\(.)/g, '$1') : (PLAIN_NAME.exec(header)?.[1] ?? '');
  // Node reads header bytes as Latin-1; servers send UTF-8 there.
  return Buffer.from(name, 'latin1').toString('utf8');
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function unescape8859(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
