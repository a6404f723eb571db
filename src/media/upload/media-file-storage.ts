import { finished } from 'node:stream/promises';
import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { tooLargeMessage } from '../formats/check-media.js';
import { isMediaType, MAX_BYTES, type MediaType } from '../media-types.js';
import { ContentReceiver } from '../received-content.js';
import { asStorageApiError } from '../storage/storage-errors.js';
import type { TempFiles } from '../temp-files.js';
import { type FileFields, fieldNames } from './file-fields.js';
import { UploadedTempFile } from './uploaded-file.js';

/** What reading one request has found so far. */
export interface UploadProgress {
  fileFields: FileFields;
  file: UploadedTempFile | null;
  /** Field of the file that came first. */
  seenIn: string | null;
  /** The request has been left (the client went away): what still arrives is nobody's. */
  left: boolean;
  readonly faults: FieldErrors;
}

/**
 * Multer's storage engine for the one file of a form: hashes and counts while the file streams in. A file that breaks a rule is
 * not an error here, which would end the parsing: the rule is noted, the file's bytes are passed over, and the other
 * fields are still read, so that the answer can name every wrong field.
 */
export class MediaFileStorage implements StorageEngine {
  constructor(
    private readonly tempFiles: TempFiles,
    private readonly progressOf: (request: Request) => UploadProgress,
  ) {}

  _handleFile(
    request: Request,
    file: Express.Multer.File,
    done: (error?: unknown, info?: Partial<Express.Multer.File>) => void,
  ): void {
    this.receive(request, file).then(
      () => done(null, {}),
      (error: unknown) => done(error),
    );
  }

  /** The interceptor removes files, on every way out; multer's own clean-up has nothing to do. */
  _removeFile(_request: Request, _file: Express.Multer.File, done: (error: Error | null) => void): void {
    done(null);
  }

  private async receive(request: Request, file: Express.Multer.File): Promise<void> {
    const progress = this.progressOf(request);
    const { fileFields } = progress;
    const field = file.fieldname;
    if (!Object.hasOwn(fileFields, field)) {
      addFault(progress.faults, faultField(field), `Files belong in the field ${fieldNames(fileFields)}.`);
      return passOver(file);
    }
    if (progress.seenIn !== null) {
      addFault(progress.faults, field, 'Only one file may be sent.');
      return passOver(file);
    }
    progress.seenIn = field;
    // Fields that come before the file are known by now; media_type then bounds it while it streams.
    const declared: unknown = isRecord(request.body) ? request.body.media_type : undefined;
    const mediaType: MediaType = fileFields[field] ?? (isMediaType(declared) ? declared : 'document');
    const receiver = new ContentReceiver(this.tempFiles, MAX_BYTES[mediaType]);
    try {
      await receiveAll(file, receiver);
      if (receiver.tooLarge) addFault(progress.faults, field, tooLargeMessage(mediaType));
      else if (progress.left) await receiver.abort();
      else progress.file = new UploadedTempFile(field, file.originalname, declaredType(file), receiver.finish());
    } catch (error) {
      await receiver.abort();
      throw error;
    }
  }
}

/**
 * Hands the file over piece by piece, at the receiver's pace. When it cannot be kept (the disk is full) the rest is
 * passed over, so that the other fields are still read. By events, because an async iterator makes several promises for
 * each piece, and most files come in two or three.
 * @throws ApiError 503 when it cannot be kept; the parser's error when the body breaks off
 */
function receiveAll({ stream }: Express.Multer.File, receiver: ContentReceiver): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const keep = async (kept: Promise<void>): Promise<void> => {
      try {
        await kept;
      } catch (error) {
        failure = asStorageApiError(error);
        await receiver.abort();
      }
    };
    stream.on('data', (chunk: Buffer) => {
      if (failure) return;
      const kept = receiver.write(chunk);
      if (!kept) return;
      stream.pause();
      keep(kept).then(() => stream.resume(), reject);
    });
    stream.once('end', () => (failure ? reject(failure) : resolve()));
    stream.once('error', reject);
    // After its end this changes nothing; before, the stream was destroyed without a word.
    stream.once('close', () => reject(new Error('the file ended before its time')));
  });
}

/**
 * What the part's Content-Type says; nothing for `text/plain`, which the parser gives to parts that have none
 * (RFC 7578, 4.4), as Python's requests sends them.
 */
function declaredType({ mimetype }: Express.Multer.File): string {
  const type = mimetype.toLowerCase();
  return type === 'text/plain' ? '' : type;
}

/** For faults of the body as a whole, which belong to no field. */
export const BODY = 'body';

/** The name under which a fault of a field is told: its own, unless that means something to every JavaScript object. */
export function faultField(name: string): string {
  return name === '' || name in Object.prototype ? BODY : name;
}

/** Adds a message to a field, once. */
export function addFault(faults: FieldErrors, field: string, message: string): void {
  const messages = (faults[field] ??= []);
  if (!messages.includes(message)) messages.push(message);
}

async function passOver(file: Express.Multer.File): Promise<void> {
  await finished(file.stream.resume());
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
