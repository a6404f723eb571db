import { openSync } from 'node:fs';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { validationError } from '../../platform/http/api-error.js';
import { ReadsBody } from '../../platform/http/decorators.js';
import { bodyOf, RawConnection } from '../../platform/http/testing/raw-exchange.js';
import { type StartedApi, startApi } from '../../platform/http/testing/start-api.js';
import { MAX_BYTES } from '../media-types.js';
import { TempFiles } from '../temp-files.js';
import { MediaFolder } from '../testing/media-folder.js';
import { MediaUpload, UploadedMedia } from './media-upload.js';
import type { MediaForm } from './uploaded-file.js';

const FILE = 'Content-Disposition: form-data; name="media_file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n';
const MEGABYTE = 1024 * 1024;

/** Writes nothing: /dev/full answers ENOSPC. */
class FullDisk extends TempFiles {
  protected override open(): Promise<number> {
    return Promise.resolve(openSync('/dev/full', 'w'));
  }
}

/** Looks again and again, for three seconds at most. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 3000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('an upload that goes wrong', () => {
  let folder: MediaFolder;
  let api: StartedApi;
  let fullDisk: StartedApi;

  @Controller('upload')
  class UploadController {
    @Post()
    @HttpCode(200)
    @ReadsBody('multipart')
    @MediaUpload()
    upload(@UploadedMedia() { fields, file, faults }: MediaForm) {
      if (Object.keys(faults).length > 0) throw validationError(faults);
      return { fields: Object.keys(fields).length, file: file?.sizeBytes ?? null };
    }
  }

  beforeAll(async () => {
    folder = await MediaFolder.create();
    const start = (tempFiles: TempFiles) =>
      startApi({
        controllers: [UploadController],
        providers: [{ provide: TempFiles, useValue: tempFiles }],
        patience: { stallMs: 300, lingerMs: 300 },
      });
    api = await start(folder.tempFiles);
    fullDisk = await start(new FullDisk(folder.settings));
  });
  afterAll(async () => {
    await Promise.all([api.stop(), fullDisk.stop()]);
    await folder.remove();
  });
  afterEach(async () => {
    await left();
    expect(await folder.stored()).toEqual([]);
  });

  /** Clean-up may follow a broken connection, but soon. */
  async function left(): Promise<void> {
    await until(async () => (await folder.temporary()).length === 0 && folder.openFiles().length === 0);
  }

  async function send(
    body: NonNullable<RequestInit['body']>,
    headers: Record<string, string> = {},
    to = api,
  ): Promise<unknown> {
    const answer = await fetch(`${to.url}/upload`, { method: 'POST', body, headers });
    return { status: answer.status, body: await answer.json() };
  }

  function multipart(...parts: string[]): Promise<unknown> {
    const body = `${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`;
    return send(Buffer.from(body, 'latin1'), { 'Content-Type': 'multipart/form-data; boundary=x' });
  }

  const field = (name: string, value: string): string =>
    `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
  const refusal = (details: object) => ({
    status: 422,
    body: { success: false, error: { code: 'VALIDATION_ERROR', message: 'The given data was invalid', details } },
  });

  function form(files: [field: string, bytes: number][], fields: Record<string, string> = {}): FormData {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    for (const [name, bytes] of files) data.append(name, new Blob([new Uint8Array(bytes)]), 'a.jpg');
    return data;
  }

  it('with two files', async () => {
    const answer = await send(
      form([
        ['media_file', 300_000],
        ['media_file', 300_000],
      ]),
    );
    expect(answer).toMatchObject(refusal({ media_file: ['Only one file may be sent.'] }));
  });

  it('with a file in the wrong field, and names that field and every other fault', async () => {
    const answer = await send(
      form([
        ['photo', 300_000],
        ['media_file', 10],
        ['media_file', 10],
      ]),
    );
    expect(answer).toMatchObject(
      refusal({ photo: ['Files belong in the field media_file.'], media_file: ['Only one file may be sent.'] }),
    );
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'with a file in a field called %s',
    async (name) => {
      expect(await send(form([[name, 10]]))).toMatchObject(
        refusal({ body: ['Files belong in the field media_file.'] }),
      );
      expect(await multipart(field(name, 'x'.repeat(65_537)))).toMatchObject({
        status: 422,
        body: { error: { details: { body: [expect.any(String)] } } },
      });
    },
  );

  it('with more files than anybody sends', async () => {
    const answer = await send(form(Array.from({ length: 11 }, (): [string, number] => ['media_file', 10])));
    expect(answer).toMatchObject({ status: 422, body: { error: { details: { media_file: expect.any(Array) } } } });
  });

  it('with text where the file should be', async () => {
    const expected = refusal({ media_file: ['The media_file must be an uploaded file.'] });
    expect(await multipart(field('media_file', 'not a file'))).toMatchObject(expected);
    const json = JSON.stringify({ media_file: 'https://example.com/a.jpg' });
    expect(await send(json, { 'Content-Type': 'application/json' })).toMatchObject(expected);
  });

  it('one byte over the limit of its type when media_type comes first, over 100 MB when not', async () => {
    const limit = MAX_BYTES.image;
    expect(await send(form([['media_file', limit]], { media_type: 'image' }))).toMatchObject({ status: 200 });
    expect(await send(form([['media_file', limit + 1]], { media_type: 'image' }))).toMatchObject(
      refusal({ media_file: ['The file must not be larger than 5 MB for media_type image.'] }),
    );
    expect(await send(form([['media_file', limit + 1]]))).toMatchObject({ status: 200 });
    expect(await send(form([['media_file', 100 * MEGABYTE + 1]]))).toMatchObject(
      refusal({ media_file: ['The file must not be larger than 100 MB for media_type document.'] }),
    );
  }, 30_000);

  it('with 100 fields is read, with 101 or 10,000 refused', async () => {
    const fields = (count: number) => Array.from({ length: count }, (_, index) => field(`field${index}`, 'x'));
    expect(await multipart(...fields(100))).toMatchObject({ status: 200 });
    for (const count of [101, 10_000]) {
      expect(await multipart(...fields(count))).toMatchObject(refusal({ body: ['At most 100 fields may be sent.'] }));
    }
  });

  it('with a field that is too long, by value or by name', async () => {
    expect(await multipart(field('caption', 'x'.repeat(65_536)))).toMatchObject({ status: 200 });
    expect(await multipart(field('caption', 'x'.repeat(65_537)))).toMatchObject(
      refusal({ caption: ['The value must not be larger than 65536 bytes.'] }),
    );
    expect(await multipart(field('n'.repeat(200), 'x'))).toMatchObject({ status: 200 });
    expect(await multipart(field('n'.repeat(201), 'x'))).toMatchObject(
      refusal({ body: ['The name of a field must not be longer than 200 characters.'] }),
    );
  });

  it('with fields nested too deeply or at absurd places', async () => {
    expect(await multipart(field('a[b][c][d][e]', 'x'))).toMatchObject({ status: 422 });
    expect(await multipart(field('a[4294967294]', 'x'))).toMatchObject({ status: 422 });
  });

  it.each([
    ['without a boundary', 'multipart/form-data'],
    ['of another kind', 'multipart/mixed; boundary=x'],
  ])('as multipart %s', async (_what, type) => {
    expect(await send('--x--\r\n', { 'Content-Type': type })).toMatchObject({
      status: 422,
      body: { error: { code: 'VALIDATION_ERROR', details: { body: [expect.any(String)] } } },
    });
  });

  it.each([
    ['in a small file', `--x\r\n${FILE}abc`],
    ['in a large file', `--x\r\n${FILE}${'a'.repeat(1_000_000)}`],
    ['in a header', '--x\r\nContent-Disposition: form-da'],
    ['before the last boundary', `--x\r\n${FILE}abc\r\n--x\r\n`],
  ])('cut short %s', async (_where, body) => {
    const answer = await send(Buffer.from(body), { 'Content-Type': 'multipart/form-data; boundary=x' });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'VALIDATION_ERROR' } } });
  });

  it('with a part that has no name, or headers that are none', async () => {
    expect(await multipart('Content-Disposition: form-data\r\n\r\nx')).toMatchObject({ status: 422 });
    expect(await multipart(`${'x'.repeat(20_000)}\r\n\r\nx`)).toMatchObject({ status: 422 });
  });

  it('because the disk is full: 503', async () => {
    expect(await send(form([['media_file', 1_000_000]]), {}, fullDisk)).toMatchObject({
      status: 503,
      body: { success: false, error: { code: 'SERVICE_UNAVAILABLE' } },
    });
  });

  const head = (length: number): string =>
    `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${length}\r\n\r\n`;

  it('with a body so large that reading it is of no use: answered at once', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(`${head(256 * MEGABYTE + 1)}--x\r\n${FILE}`);
    const answer = await connection.until('}}');
    expect(answer).toContain('HTTP/1.1 422');
    expect(answer).toContain('The file must not be larger than 100 MB for media_type document.');
    await connection.untilClosed();
  });

  it('because the caller hangs up in the middle of a large file', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(`${head(10_000_000)}--x\r\n${FILE}${'a'.repeat(1_000_000)}`);
    await until(async () => (await folder.temporary()).length > 0);
    connection.socket.destroy();
    await left();
  });

  it('because the caller sends nothing any more', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(`${head(10_000_000)}--x\r\n${FILE}${'a'.repeat(1_000_000)}`);
    const answer = await connection.untilClosed();
    expect(bodyOf(answer)).toMatchObject({ success: false });
  });

  it('not because the sender is slow', async () => {
    const connection = await RawConnection.open(api.url);
    const body = `--x\r\n${FILE}${'a'.repeat(12)}\r\n--x--\r\n`;
    connection.send(head(body.length));
    // Each piece comes within the server's patience, all together take longer than it.
    for (let at = 0; at < body.length; at += 30) {
      connection.send(body.slice(at, at + 30));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const answer = await connection.until('"file":12');
    expect(answer).toContain('HTTP/1.1 200');
    connection.socket.destroy();
  });
});
