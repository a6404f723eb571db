import { createHash, randomBytes } from 'node:crypto';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadsBody } from '../../platform/http/decorators.js';
import { type StartedApi, startApi } from '../../platform/http/testing/start-api.js';
import { MAX_BYTES_IN_MEMORY } from '../received-content.js';
import { TempFiles } from '../temp-files.js';
import { MediaFolder } from '../testing/media-folder.js';
import { MediaUpload, UploadedMedia } from './media-upload.js';
import type { MediaForm } from './uploaded-file.js';

describe('a media form', () => {
  let folder: MediaFolder;
  let api: StartedApi;
  let during: { temporary: string[]; openFiles: string[] };

  beforeAll(async () => {
    folder = await MediaFolder.create();

    @Controller('upload')
    class UploadController {
      @Post()
      @HttpCode(200)
      @ReadsBody('multipart')
      @MediaUpload()
      async upload(@UploadedMedia() form: MediaForm) {
        during = { temporary: await folder.temporary(), openFiles: folder.openFiles() };
        const { fields, file, faults } = form;
        if (fields.caption === 'fail') throw new Error('the handler fails');
        return {
          fields,
          faults,
          file: file && {
            fieldName: file.fieldName,
            originalName: file.originalName,
            declaredType: file.declaredType,
            sizeBytes: file.sizeBytes,
            sha256: file.sha256.toString('hex'),
          },
        };
      }
    }
    api = await startApi({
      controllers: [UploadController],
      providers: [{ provide: TempFiles, useValue: folder.tempFiles }],
    });
  });
  afterAll(async () => {
    await api.stop();
    await folder.remove();
  });

  async function send(body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}): Promise<unknown> {
    const answer = await fetch(`${api.url}/upload`, { method: 'POST', body, headers });
    const json: unknown = await answer.json();
    return typeof json === 'object' && json !== null && 'data' in json ? json.data : json;
  }

  function form(fields: Record<string, string>, file?: { content: Buffer; name: string; type?: string }): FormData {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    if (file) data.append('media_file', new Blob([new Uint8Array(file.content)], { type: file.type }), file.name);
    return data;
  }

  it('is read with its file and fields', async () => {
    const content = randomBytes(100_000);
    await expect(
      send(form({ phone: '201000000000', media_type: 'image' }, { content, name: 'photo.jpg', type: 'image/JPEG' })),
    ).resolves.toEqual({
      fields: { phone: '201000000000', media_type: 'image' },
      faults: {},
      file: {
        fieldName: 'media_file',
        originalName: 'photo.jpg',
        declaredType: 'image/jpeg',
        sizeBytes: 100_000,
        sha256: createHash('sha256').update(content).digest('hex'),
      },
    });
    expect(during).toEqual({ temporary: [], openFiles: [] });
  });

  it('keeps a large file in one temporary file while the handler runs, and nothing afterwards', async () => {
    const content = randomBytes(MAX_BYTES_IN_MEMORY + 1);
    await expect(send(form({}, { content, name: 'a.pdf' }))).resolves.toMatchObject({
      file: { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
    });
    expect(during.temporary).toHaveLength(1);
    expect(during.openFiles).toHaveLength(1);
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });

  it('keeps nothing when the handler fails', async () => {
    const content = randomBytes(1_000_000);
    await expect(send(form({ caption: 'fail' }, { content, name: 'a.pdf' }))).resolves.toMatchObject({
      success: false,
    });
    expect(during.temporary).toHaveLength(1);
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });

  it('may name the contact’s fields with brackets or dots', async () => {
    const brackets = form({ 'contact[firstname]': 'Mona', 'contact[groups]': '1,2' });
    await expect(send(brackets)).resolves.toMatchObject({ fields: { contact: { firstname: 'Mona', groups: '1,2' } } });
    const dots = form({ 'contact.firstname': 'Mona', 'contact.groups': '1,2' });
    await expect(send(dots)).resolves.toMatchObject({ fields: { contact: { firstname: 'Mona', groups: '1,2' } } });
    const both = form({ 'contact.firstname': 'Dotted', 'contact.lastname': 'Ali', 'contact[firstname]': 'Mona' });
    await expect(send(both)).resolves.toMatchObject({ fields: { contact: { firstname: 'Mona', lastname: 'Ali' } } });
  });

  it('may come as JSON or urlencoded, with the same contact fields', async () => {
    const expected = {
      fields: { media_url: 'https://x.example/a', contact: { firstname: 'Mona' } },
      file: null,
      faults: {},
    };
    const json = JSON.stringify({ media_url: 'https://x.example/a', 'contact.firstname': 'Mona' });
    await expect(send(json, { 'Content-Type': 'application/json' })).resolves.toEqual(expected);
    const nested = JSON.stringify({ media_url: 'https://x.example/a', contact: { firstname: 'Mona' } });
    await expect(send(nested, { 'Content-Type': 'application/json' })).resolves.toEqual(expected);
    const urlencoded = new URLSearchParams({ media_url: 'https://x.example/a', 'contact[firstname]': 'Mona' });
    await expect(send(urlencoded)).resolves.toEqual(expected);
  });

  it('may have no body at all', async () => {
    await expect(send('')).resolves.toEqual({ fields: {}, file: null, faults: {} });
  });

  it('may have a file field without a chosen file, as browsers and curl send it', async () => {
    await expect(send(form({ media_file: '' }))).resolves.toEqual({ fields: {}, file: null, faults: {} });
    const boundary = 'x';
    const body = `--x\r\nContent-Disposition: form-data; name="media_file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n`;
    await expect(send(body, { 'Content-Type': `multipart/form-data; boundary=${boundary}` })).resolves.toEqual({
      fields: {},
      file: null,
      faults: {},
    });
  });

  it.each(['صورة.jpg', 'café.jpg', '写真.jpg', 'quo"te.jpg', '../../etc/passwd', 'a'.repeat(300)])(
    'takes the name of the file as UTF-8: %s',
    async (name) => {
      await expect(send(form({}, { content: Buffer.from('x'), name }))).resolves.toMatchObject({
        file: { originalName: name },
      });
    },
  );

  it('may leave the type of the file away, as Python’s requests does', async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="media_file"; filename="a.jpg"\r\n\r\nabc\r\n--x--\r\n';
    await expect(send(body, { 'Content-Type': 'multipart/form-data; boundary=x' })).resolves.toMatchObject({
      file: { originalName: 'a.jpg', declaredType: '', sizeBytes: 3 },
    });
  });

  it('does not let a field name reach JavaScript’s own objects', async () => {
    const data = form({
      '__proto__[polluted]': 'yes',
      'contact[__proto__][polluted]': 'yes',
      'contact.__proto__': 'yes',
    });
    data.append('constructor', 'yes');
    await expect(send(data)).resolves.toEqual({ fields: { contact: {} }, file: null, faults: {} });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
