import { describe, expect, it } from '@jest/globals';
import { MAX_BYTES, type MediaType } from '../media-types.js';
import { candidate } from '../testing/candidate.js';
import {
  aac,
  amr,
  compoundFile,
  id3,
  isoMedia,
  jpeg,
  mp3,
  mp4,
  officeOpenXml,
  oggOpus,
  padded,
  pdf,
  png,
  threeGpp,
  webp,
  zip,
} from '../testing/sample-files.js';
import { checkMedia } from './check-media.js';

const utf16 = (text: string, byteOrder: 'le' | 'be'): Buffer => {
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  return byteOrder === 'le' ? little : little.swap16();
};

async function formatOf(type: MediaType, content: Buffer, name: string, declared?: string): Promise<string> {
  const verdict = await checkMedia(type, candidate(content, name, declared), 'refuse');
  return 'format' in verdict ? verdict.format.mimeType : verdict.faults.join(' ');
}

describe('a file that may be sent', () => {
  it('as image: JPEG, PNG, WebP', async () => {
    await expect(formatOf('image', await jpeg(), 'a.jpg', 'image/jpeg')).resolves.toBe('image/jpeg');
    await expect(formatOf('image', await jpeg(), 'a.jpeg', 'image/jpg')).resolves.toBe('image/jpeg');
    await expect(formatOf('image', await png(), 'a.png', 'image/png')).resolves.toBe('image/png');
    await expect(formatOf('image', await webp(), 'a.webp', 'image/webp')).resolves.toBe('image/webp');
  });

  it.each([
    ['a.mp4', 'video/mp4', mp4(), 'video/mp4'],
    ['a.mp4', 'video/mp4', isoMedia('mp42', 'mp42'), 'video/mp4'],
    ['a.mp4', 'video/mp4', isoMedia('3gp4', 'isom', '3gp4'), 'video/mp4'],
    ['a.3gp', 'video/3gpp', threeGpp(), 'video/3gpp'],
    ['a.3gpp', 'video/3gpp', isoMedia('3gp6'), 'video/3gpp'],
  ])('as video: %s declared %s', async (name, declared, content, mimeType) => {
    await expect(formatOf('video', content, name, declared)).resolves.toBe(mimeType);
  });

  it.each([
    ['a.mp3', 'audio/mpeg', mp3(), 'audio/mpeg'],
    ['tagged.mp3', 'audio/mp3', Buffer.concat([id3(1000), mp3()]), 'audio/mpeg'],
    ['padded.mp3', '', Buffer.concat([id3(1000), Buffer.alloc(500), mp3()]), 'audio/mpeg'],
    ['with-cover.mp3', '', Buffer.concat([id3(300_000), mp3()]), 'audio/mpeg'],
    ['a.aac', 'audio/aac', aac(), 'audio/aac'],
    ['a.amr', 'audio/amr', amr(), 'audio/amr'],
    ['a.ogg', 'audio/ogg', oggOpus(), 'audio/ogg'],
    ['a.opus', 'audio/opus', oggOpus(), 'audio/ogg'],
  ])('as audio: %s declared %j', async (name, declared, content, mimeType) => {
    await expect(formatOf('audio', content, name, declared)).resolves.toBe(mimeType);
  });

  const office = 'application/vnd.openxmlformats-officedocument';
  it.each([
    ['a.pdf', 'application/pdf', pdf(), 'application/pdf'],
    ['a.doc', 'application/msword', compoundFile('WordDocument'), 'application/msword'],
    ['a.xls', 'application/vnd.ms-excel', compoundFile('Workbook'), 'application/vnd.ms-excel'],
    ['a.ppt', '', compoundFile('PowerPoint Document'), 'application/vnd.ms-powerpoint'],
    ['a.docx', '', officeOpenXml('word/document.xml'), `${office}.wordprocessingml.document`],
    ['a.xlsx', '', officeOpenXml('xl/workbook.xml'), `${office}.spreadsheetml.sheet`],
    ['a.pptx', 'application/zip', officeOpenXml('ppt/presentation.xml'), `${office}.presentationml.presentation`],
    ['a.txt', 'text/plain', Buffer.from('plain ASCII'), 'text/plain'],
    ['a.txt', 'text/plain', Buffer.from('\ufeffمرحبا'), 'text/plain'],
    ['a.txt', 'text/plain', utf16('مرحبا 😀', 'le'), 'text/plain'],
    ['a.txt', 'text/plain', utf16('مرحبا 😀', 'be'), 'text/plain'],
    ['a.txt', 'text/plain', Buffer.from('<html>a page as text</html>'), 'text/plain'],
    ['a.csv', 'text/csv', Buffer.from('name,phone\nMona,201000000000\n'), 'text/plain'],
    ['a.csv', 'application/vnd.ms-excel', Buffer.from('a;b\n'), 'text/plain'],
  ])('as document: %s declared %j', async (name, declared, content, mimeType) => {
    await expect(formatOf('document', content, name, declared)).resolves.toBe(mimeType);
  });

  it('in upper case, with several extensions, with a declared type that says nothing', async () => {
    const picture = await jpeg();
    await expect(formatOf('image', picture, 'PHOTO.JPG')).resolves.toBe('image/jpeg');
    await expect(formatOf('image', picture, 'photo.png.jpg')).resolves.toBe('image/jpeg');
    await expect(formatOf('image', picture, 'photo.jpg', 'application/octet-stream')).resolves.toBe('image/jpeg');
  });

  it('up to its limit, to the byte', async () => {
    const picture = await jpeg();
    await expect(formatOf('image', padded(picture, MAX_BYTES.image), 'a.jpg')).resolves.toBe('image/jpeg');
    await expect(formatOf('video', padded(mp4(), MAX_BYTES.video), 'a.mp4')).resolves.toBe('video/mp4');
    await expect(formatOf('audio', padded(mp3(), MAX_BYTES.audio), 'a.mp3')).resolves.toBe('audio/mpeg');
    await expect(formatOf('document', padded(pdf(), MAX_BYTES.document), 'a.pdf')).resolves.toBe('application/pdf');
  });

  it('also with what phones add: a video behind the picture of a motion photo', async () => {
    const motionPhoto = Buffer.concat([await jpeg(), mp4()]);
    await expect(formatOf('image', motionPhoto, 'a.jpg')).resolves.toBe('image/jpeg');
  });

  it('also a PDF that carries an archive as an attachment', async () => {
    const withAttachment = Buffer.concat([pdf(), zip({ 'a.txt': 'a' }), Buffer.from('\nendstream\n%%EOF\n')]);
    await expect(formatOf('document', withAttachment, 'a.pdf')).resolves.toBe('application/pdf');
  });

  it('with its format found by content, where the name says none', async () => {
    const detected = async (type: MediaType, content: Buffer, name: string) => {
      const verdict = await checkMedia(type, candidate(content, name), 'detect');
      return 'format' in verdict ? verdict.format.extensions[0] : verdict.faults;
    };
    await expect(detected('image', await png(), 'download')).resolves.toBe('png');
    await expect(detected('document', officeOpenXml('xl/workbook.xml'), '')).resolves.toBe('xlsx');
    await expect(detected('document', Buffer.from('some text'), 'readme')).resolves.toBe('txt');
    await expect(detected('audio', oggOpus(), 'voice')).resolves.toBe('ogg');
  });
});
