import { Readable } from 'node:stream';
import { Settings } from '../../platform/config/settings.js';
import { CloudApiClient } from './cloud-api-client.js';
import { MediaLengthError, type MediaFile } from './media-form.js';
import type { UploadResult } from './send-result.js';
import { httpAnswer, onRequest, RawServer, type RawRequest } from './testing/raw-server.js';

const CONTENT = Buffer.from('\u0000PNG\r\n--not-the-boundary\r\n\u00ff', 'latin1');
let server: RawServer;
let client: CloudApiClient;
let answer: string;
let requests: RawRequest[];

beforeEach(async () => {
  answer = httpAnswer(200, '{"id":"1037543291543636"}');
  requests = [];
  server = await RawServer.start((socket) =>
    onRequest(socket, (request) => {
      requests.push(request);
      socket.write(answer);
    }),
  );
  const settings = Object.assign(new Settings(), { WHATSAPP_API_BASE_URL: server.url, WHATSAPP_TIMEOUT_MS: 5000 });
  client = new CloudApiClient(settings);
});

afterEach(async () => {
  client.onModuleDestroy();
  await server.stop();
});

function upload(file: Partial<MediaFile>): Promise<UploadResult> {
  return client.uploadMedia({
    phoneNumberId: '106540352242922',
    accessToken: 'EAASECRETTOKEN',
    file: {
      filename: 'picture.png',
      mimeType: 'image/png',
      sizeBytes: CONTENT.length,
      open: async () => Readable.from([CONTENT]),
      ...file,
    },
  });
}

describe('handing a media file over', () => {
  it('answers the media id', async () => {
    expect(await upload({})).toEqual({ kind: 'uploaded', mediaId: '1037543291543636' });
  });

  it('sends a form that any multipart reader understands, byte for byte', async () => {
    await upload({ filename: 'фото "1"\r\n.png' });
    const [request] = requests;
    const type = /^content-type: (.*)$/im.exec(request?.head ?? '')?.[1] ?? '';
    expect(request?.head).toMatch(/^POST \/v26\.0\/106540352242922\/media HTTP\/1\.1/);
    const form = await new Response(request && new Uint8Array(request.body), {
      headers: { 'content-type': type },
    }).formData();
    expect([...form.keys()].sort()).toEqual(['file', 'messaging_product', 'type']);
    expect(form.get('messaging_product')).toBe('whatsapp');
    expect(form.get('type')).toBe('image/png');
    const file = form.get('file');
    if (!(file instanceof File)) throw new Error('the file is no file');
    expect(file.type).toBe('image/png');
    expect(file.name).toBe('фото "1"\r\n.png');
    expect(Buffer.from(await file.arrayBuffer()).equals(CONTENT)).toBe(true);
  });

  it('answers a refusal with its classification', async () => {
    answer = httpAnswer(400, '{"error":{"message":"(#131053) Media upload error","code":131053}}');
    expect(await upload({})).toMatchObject({ kind: 'refused', code: 131053, classification: { class: 'never' } });
  });

  it.each([
    ['HTML', httpAnswer(502, '<html></html>')],
    ['an id that is a number', httpAnswer(200, '{"id":1037543291543636}')],
    ['an empty id', httpAnswer(200, '{"id":""}')],
  ])('knows nothing when the answer is %s', async (_name, given) => {
    answer = given;
    expect(await upload({})).toMatchObject({ kind: 'unknown' });
  });

  it('is certain that nothing left when the port is closed', async () => {
    await server.stop();
    expect(await upload({})).toEqual({ kind: 'not_written', reason: 'ECONNREFUSED' });
    server = await RawServer.start(() => undefined);
  });
});

describe('a stored file that cannot be read as its record says', () => {
  it.each([CONTENT.length - 1, CONTENT.length + 1])(
    '(%d bytes instead) is a fault of ours and no outcome',
    async (sizeBytes) => {
      await expect(upload({ sizeBytes })).rejects.toThrow(MediaLengthError);
      expect(requests).toHaveLength(0);
    },
  );

  it('(unreadable) gives the fault of the storage', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield CONTENT.subarray(0, 4);
      throw new Error('disk fault');
    };
    await expect(upload({ open: async () => Readable.from(broken()) })).rejects.toThrow('disk fault');
  });

  it('(gone) gives the fault of the storage', async () => {
    await expect(upload({ open: () => Promise.reject(new Error('no such file')) })).rejects.toThrow('no such file');
  });
});
