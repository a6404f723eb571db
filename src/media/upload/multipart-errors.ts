import multer from 'multer';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { tooLargeMessage } from '../formats/check-media.js';
import { EndlessBodyError } from './body-meter.js';
import { BODY, faultField } from './media-file-storage.js';

/** Limits of a multipart body. The documented form has some fifteen fields; 10,000 of them are an attack. */
export const MULTIPART_LIMITS = {
  fields: 100,
  files: 10,
  parts: 110,
  fieldNameSize: 200,
  /** Bytes of one text field; the longest one we know is a caption of 1,024 characters. */
  fieldSize: 64 * 1024,
  headerPairs: 50,
  fieldNestingDepth: 3,
  fieldArrayIndexLimit: 100,
};

/** Errors of the parser that are the sender's doing (busboy gives them no code). */
const CUT_SHORT = /^(unexpected end of (form|file)|request (aborted|closed)|aborted)$/i;
const MALFORMED = /^(malformed|multipart:|unsupported content type|unsupported multipart|missing content-type)/i;

/**
 * What an error while reading a multipart body says about the request, `fileField` being the field of its file; null
 * when the fault is ours.
 */
export function multipartFaults(error: unknown, fileField: string): FieldErrors | null {
  if (error instanceof EndlessBodyError) return { [fileField]: [tooLargeMessage('document')] };
  if (error instanceof multer.MulterError) return multerFaults(error, fileField);
  if (!(error instanceof Error)) return null;
  if (CUT_SHORT.test(error.message)) return { [fileField]: ['The upload was cut short.'] };
  if (MALFORMED.test(error.message)) return { [BODY]: ['The multipart body is malformed.'] };
  return null;
}

function multerFaults({ code, field }: multer.MulterError, fileField: string): FieldErrors {
  const { fields, fieldSize, files, fieldNameSize } = MULTIPART_LIMITS;
  const name = faultField(field?.slice(0, fieldNameSize) ?? '');
  switch (code) {
    case 'LIMIT_FIELD_COUNT':
      return { [BODY]: [`At most ${fields} fields may be sent.`] };
    case 'LIMIT_PART_COUNT':
      return { [BODY]: ['The body has too many parts.'] };
    case 'LIMIT_FILE_COUNT':
      return { [fileField]: [`Only one file may be sent, not more than ${files}.`] };
    case 'LIMIT_FIELD_KEY':
      return { [BODY]: [`The name of a field must not be longer than ${fieldNameSize} characters.`] };
    case 'LIMIT_FIELD_VALUE':
      return { [name]: [`The value must not be larger than ${fieldSize} bytes.`] };
    default:
      return { [name]: ['The field cannot be read.'] };
  }
}
