import { describe, expect, it } from '@jest/globals';
import { MAX_BYTES, type MediaType } from '../media-types.js';
import { candidate } from '../testing/candidate.js';
import {
  aac,
  amrWideBand,
  compoundFile,
  gif,
  html,
  id3,
  isoMedia,
  jpeg,
  m4a,
  mp3,
  mp4,
  officeOpenXml,
  oggVorbis,
  padded,
  pdf,
  png,
  quickTime,
  threeGpp,
  webp,
  zip,
} from '../testing/sample-files.js';
import { checkMedia } from './check-media.js';

async function faults(
  type: MediaType,
  content: Buffer,
  name: string,
  declared = '',
  withoutExtension: 'refuse' | 'detect' = 'refuse',
): Promise<string[]> {
  const verdict = await checkMedia(type, candidate(content, name, declared), withoutExtension);
  return 'faults' in verdict ? verdict.faults : [];
}

describe('a file is refused', () => {
  it('when it is empty', async () => {
    await expect(faults('image', Buffer.alloc(0), 'a.jpg')).resolves.toEqual(['The file must not be empty.']);
  });

  it.each([
    ['image', 5],
    ['video', 16],
    ['audio', 16],
    ['document', 100],
  ] as const)('one byte over the limit of %s, %i MB', async (type, megabytes) => {
    const samples = {
      image: [await jpeg(), 'jpg'],
      video: [mp4(), 'mp4'],
      audio: [mp3(), 'mp3'],
      document: [pdf(), 'pdf'],
    } as const;
    const [sample, extension] = samples[type];
    await expect(faults(type, padded(sample, MAX_BYTES[type] + 1), `a.${extension}`)).resolves.toEqual([
      `The file must not be larger than ${megabytes} MB for media_type ${type}.`,
    ]);
  });

  it.each(['photo', 'photo.gif', 'photo.jpg.exe', 'photo.svg', 'photo.', '.jpg', 'photo.pdf', 'photo.jpg;.exe'])(
    'for its extension as an image: %s',
    async (name) => {
      await expect(faults('image', await jpeg(), name)).resolves.toEqual([
        'The file must have one of the extensions jpg, jpeg, png, webp for media_type image.',
      ]);
    },
  );

  it('for its extension as audio: m4a, and names the ones that go', async () => {
    await expect(faults('audio', m4a(), 'a.m4a')).resolves.toEqual([
      'The file must have one of the extensions mp3, aac, amr, ogg, opus for media_type audio.',
    ]);
  });

  it('when it was declared as something else', async () => {
    await expect(faults('image', await jpeg(), 'a.jpg', 'image/png')).resolves.toEqual([
      'The file was declared as image/png, which is not a JPEG image.',
    ]);
    await expect(faults('document', pdf(), 'a.pdf', 'text/html')).resolves.toHaveLength(1);
    await expect(faults('image', await jpeg(), 'a.jpg', '\r\n<b>')).resolves.toEqual([
      'The file was declared as b, which is not a JPEG image.',
    ]);
  });

  it('when its bytes are something else, and says what they look like', async () => {
    await expect(faults('image', await gif(), 'a.jpg')).resolves.toEqual([
      "The file's content is not a JPEG image (it looks like image/gif).",
    ]);
    await expect(faults('image', html(), 'page.jpg', 'image/jpeg')).resolves.toEqual([
      "The file's content is not a JPEG image.",
    ]);
    await expect(faults('image', await png(), 'a.jpg')).resolves.toHaveLength(1);
    await expect(faults('image', await jpeg(), 'a.webp')).resolves.toHaveLength(1);
    await expect(faults('image', await webp(), 'a.png')).resolves.toHaveLength(1);
  });

  it.each([
    ['a.mp4', quickTime()],
    ['a.mp4', m4a()],
    ['a.mp4', isoMedia('heic', 'mif1', 'heic')],
    ['a.mp4', isoMedia('3gp4')],
    ['a.mp4', Buffer.from('\0\0\0\x20ftyp')],
    ['a.mp4', Buffer.from('\xff\xff\xff\xffftypisom', 'latin1')],
    ['a.3gp', mp4()],
    ['a.3gp', quickTime()],
    ['a.mp4', aac()],
  ])('as video: %s that is another container', async (name, content) => {
    await expect(faults('video', content, name)).resolves.toHaveLength(1);
  });

  it.each([
    ['a.ogg', oggVorbis()],
    ['a.opus', oggVorbis()],
    ['a.mp3', aac()],
    ['a.aac', mp3()],
    ['a.amr', amrWideBand()],
    ['a.mp3', id3(100)],
    ['a.mp3', Buffer.concat([id3(100), aac()])],
    ['a.mp3', Buffer.from('\xff\xfb\xf0\x00', 'latin1')],
    ['a.mp3', Buffer.from('\xff', 'latin1')],
    ['a.ogg', Buffer.from('OggS')],
    ['a.mp3', threeGpp()],
  ])('as audio: %s that is another codec', async (name, content) => {
    await expect(faults('audio', content, name)).resolves.toHaveLength(1);
  });

  it.each([
    ['a.docx', zip({ 'a.txt': 'plain archive' })],
    ['a.docx', officeOpenXml('xl/workbook.xml')],
    ['a.xlsx', officeOpenXml('ppt/presentation.xml')],
    ['a.pptx', officeOpenXml('word/document.xml')],
    ['a.docx', zip({ 'word/document.xml': 'without content types' })],
    ['a.docx', officeOpenXml('word/document.xml').subarray(0, 100)],
    ['a.docx', compoundFile('WordDocument')],
    ['a.doc', officeOpenXml('word/document.xml')],
    ['a.doc', Buffer.from('{\\rtf1 rich text}')],
    ['a.pdf', Buffer.from('x%PDF-1.4')],
    ['a.pdf', compoundFile('WordDocument')],
    ['a.txt', Buffer.from('nul\0byte')],
    ['a.txt', Buffer.from('latin1 \xe9', 'latin1')],
    ['a.txt', Buffer.from([0xff, 0xfe, 0x00, 0xd8])],
    ['a.txt', Buffer.from('\ufeffa\0', 'utf16le')],
    ['a.txt', Buffer.from('odd\ufeff', 'utf16le').subarray(0, 3)],
    ['a.csv', zip({ 'a.csv': 'a,b' })],
  ])('as a document: %s that is something else', async (name, content) => {
    await expect(faults('document', content, name)).resolves.toHaveLength(1);
  });

  it('as text for one wrong byte at the very end', async () => {
    const long = Buffer.alloc(1_000_000, 'a');
    await expect(faults('document', long, 'a.txt')).resolves.toEqual([]);
    long[999_999] = 0;
    await expect(faults('document', long, 'a.txt')).resolves.toHaveLength(1);
    long[999_999] = 0xc3;
    await expect(faults('document', long, 'a.txt')).resolves.toHaveLength(1);
  });

  it('for everything that is wrong with it at once', async () => {
    await expect(faults('image', padded(html(), MAX_BYTES.image + 1), 'page.jpg', 'text/html')).resolves.toEqual([
      'The file must not be larger than 5 MB for media_type image.',
      'The file was declared as text/html, which is not a JPEG image.',
      "The file's content is not a JPEG image.",
    ]);
  });

  it('when nothing that goes is found by content either', async () => {
    await expect(faults('image', await gif(), 'download', 'image/gif', 'detect')).resolves.toEqual([
      'The file is not one of jpg, jpeg, png, webp (it looks like image/gif).',
    ]);
    // Only the extension could tell which old Office document it is.
    await expect(faults('document', compoundFile('Workbook'), 'download', '', 'detect')).resolves.toHaveLength(1);
  });
});

describe('a polyglot is refused', () => {
  it('a picture that is an archive', async () => {
    const archive = zip({ 'payload.class': 'x' });
    await expect(faults('image', Buffer.concat([await jpeg(), archive]), 'a.jpg')).resolves.toEqual([
      'The file is a JPEG image and a ZIP archive at once.',
    ]);
    await expect(faults('image', Buffer.concat([await png(), archive, Buffer.alloc(100)]), 'a.png')).resolves.toEqual([
      'The file is a PNG image and a ZIP archive at once.',
    ]);
  });

  it('a picture that is a page, a script or a PDF', async () => {
    const comment = (text: string): Buffer => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(text.length + 2);
      return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe]), length, Buffer.from(text, 'latin1')]);
    };
    const body = (await jpeg()).subarray(2);
    for (const text of ['<html><script>alert(1)</script>', '<?php system($_GET[0]); ?>', '<SVG onload=alert(1)>']) {
      await expect(faults('image', Buffer.concat([comment(text), body]), 'a.jpg')).resolves.toEqual([
        'The file is a JPEG image and markup or a script at once.',
      ]);
    }
    await expect(faults('image', Buffer.concat([comment('%PDF-1.4'), body]), 'a.jpg')).resolves.toEqual([
      'The file is a JPEG image and a PDF document at once.',
    ]);
  });

  it('a PDF that is an archive, and a text that is a PDF', async () => {
    await expect(faults('document', Buffer.concat([pdf(), zip({ 'a.txt': 'a' })]), 'a.pdf')).resolves.toEqual([
      'The file is a PDF document and a ZIP archive at once.',
    ]);
    await expect(faults('document', pdf(), 'a.txt')).resolves.toHaveLength(1);
  });
});
