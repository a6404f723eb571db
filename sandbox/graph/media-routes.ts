import { rm } from 'node:fs/promises';
import { Router, type Request, type RequestHandler } from 'express';
import multer from 'multer';
import { answerAfter, strikeBefore } from '../faults/faulty-answer.js';
import { sendFile } from '../faults/faulty-download.js';
import { bareMimeType } from '../media/media-rules.js';
import {
  LARGEST_MEDIA_BYTES,
  MEDIA_URL_MS,
  UPLOADED_MEDIA_MS,
  uploadFault,
  type MediaObject,
} from '../media/media-library.js';
import type { PhoneNumber } from '../world/phone-number.js';
import { readToken, requireAccess } from './authorize.js';
import { ownUrl, parameter, queryOf, type GraphContext } from './graph-context.js';
import { GraphError, objectNotFound } from './graph-error.js';

/** Uploading, describing, downloading and deleting media. */
export function mediaRoutes(context: GraphContext): Router {
  const router = Router({ mergeParams: true });

  router.post('/:id/media', uploadToDisk(context), async (request, response) => {
    const { file } = request;
    const number = readNumber(context, request);
    try {
      const fault = number.faults.take('media', null, null, number.random);
      if (fault !== null && (await strikeBefore(fault, response)) !== null) return;
      const object = await storeUpload(context, request, number);
      await answerAfter(fault, response, JSON.stringify({ id: object.id }));
    } finally {
      if (file !== undefined) await rm(file.path, { force: true });
    }
  });

  router.get('/:id', async (request, response, next) => {
    const object = context.library.find(request.params.id);
    if (object === undefined) {
      next();
      return;
    }
    authorize(context, request, object);
    const { number } = object;
    const fault = number.faults.take('media_url', null, null, number.random);
    if (fault !== null && (await strikeBefore(fault, response)) !== null) return;
    const description = {
      messaging_product: 'whatsapp',
      url: downloadUrl(request, object),
      mime_type: object.mimeType,
      sha256: object.sha256,
      file_size: String(object.describedSize),
      id: object.id,
    };
    await answerAfter(fault, response, JSON.stringify(description));
  });

  router.delete('/:id', (request, response, next) => {
    const object = context.library.find(request.params.id);
    if (object === undefined) {
      next();
      return;
    }
    authorize(context, request, object);
    context.library.remove(object.id);
    response.json({ success: true });
  });

  return router;
}

/** The download address of `GET /{media_id}`: valid 5 minutes, and only with the access token. */
export function downloadRoute(context: GraphContext): RequestHandler {
  return async (request, response) => {
    const token = readToken(context.world, request);
    const query = queryOf(request);
    const object = context.library.find(query.get('mid') ?? '');
    const asset = object === undefined ? undefined : context.store.find(object.sha256);
    const validUntil = Number(query.get('ext'));
    if (
      object === undefined ||
      asset === undefined ||
      !token.accountIds.has(object.number.account.id) ||
      !(validUntil > object.number.account.clock.now())
    ) {
      response.status(404).type('text/plain').send('Not found');
      return;
    }
    const { number } = object;
    const fault = number.faults.take('media_download', null, null, number.random);
    if (fault !== null && (await strikeBefore(fault, response)) !== null) return;
    response.setHeader('content-type', object.mimeType);
    response.setHeader('content-length', object.size);
    await sendFile(fault, response, asset);
  };
}

export function downloadUrl(request: Request, object: MediaObject): string {
  const validUntil = Math.floor(object.number.account.clock.now() + MEDIA_URL_MS);
  return `${ownUrl(request)}/media-download/?mid=${object.id}&ext=${validUntil}`;
}

function uploadToDisk(context: GraphContext): RequestHandler {
  const upload = multer({
    storage: multer.diskStorage({
      destination: context.store.directory,
      filename: (_request, _file, done) => done(null, `upload-${context.world.journal.nextSeq()}`),
    }),
    limits: { fileSize: LARGEST_MEDIA_BYTES, files: 1, fields: 10 },
  }).single('file');
  return (request, response, next) => {
    // The token is checked before a single byte is stored.
    readNumber(context, request);
    upload(request, response, (error: unknown) => {
      if (error === undefined || error === null) next();
      else next(new GraphError(100, error instanceof Error ? error.message : 'The multipart body cannot be read.'));
    });
  };
}

async function storeUpload(context: GraphContext, request: Request, number: PhoneNumber): Promise<MediaObject> {
  const { file } = request;
  if (parameter(request, 'messaging_product') !== 'whatsapp') {
    throw new GraphError(100, 'The parameter messaging_product is required and must be whatsapp.');
  }
  if (file === undefined) throw new GraphError(100, 'The parameter file is required.');
  const declared = parameter(request, 'type');
  const mimeType = bareMimeType(typeof declared === 'string' && declared !== '' ? declared : file.mimetype);
  const asset = await context.store.putFile(file.path, mimeType);
  const fault = uploadFault(asset, mimeType);
  if (fault !== null) throw new GraphError(100, fault);
  return context.library.add(number, asset, mimeType, file.originalname, UPLOADED_MEDIA_MS);
}

function readNumber(context: GraphContext, request: Request): PhoneNumber {
  const token = readToken(context.world, request);
  const id = String(request.params['id']);
  const number = context.world.numbers.get(id);
  if (number === undefined) throw objectNotFound(id, request.method);
  requireAccess(token, number.account, 'whatsapp_business_messaging', id, request.method);
  return number;
}

/** The token must belong to the media's account, and `phone_number_id`, if given, to its owner. */
function authorize(context: GraphContext, request: Request, object: MediaObject): void {
  const token = readToken(context.world, request);
  requireAccess(token, object.number.account, 'whatsapp_business_messaging', object.id, request.method);
  const owner = queryOf(request).get('phone_number_id');
  if (owner !== null && owner !== object.number.id) throw objectNotFound(object.id, request.method);
}
