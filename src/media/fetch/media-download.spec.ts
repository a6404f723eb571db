import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_BYTES } from '../media-types.js';
import { MediaFolder } from '../testing/media-folder.js';
import { MediaServer } from '../testing/media-server.js';
import { jpeg, padded } from '../testing/sample-files.js';
import { ScriptedAddresses } from '../../platform/public-hosts/testing/scripted-addresses.js';
import { MediaDownload } from './media-download.js';

describe('a download', () => {
  let server: MediaServer;
  let folder: MediaFolder;
  let addresses: ScriptedAddresses;
  let download: MediaDownload;

  beforeEach(async () => {
    server = await MediaServer.start();
    folder = await MediaFolder.create();
    folder.settings.MEDIA_URL_ALLOW = `127.0.0.1:${server.port},media.test`;
    addresses = new ScriptedAddresses();
    download = new MediaDownload(folder.settings, folder.tempFiles, addresses, folder.log);
  });
  afterEach(async () => {
    await server.stop();
    await folder.remove();
  });

  it('brings the file with its name and type', async () => {
    const picture = await jpeg();
    const url = server.file('/albums/7/photo%20one.jpg', picture, { 'Content-Type': 'image/JPEG; q=1' });
    const { originalName, declaredType, content } = await download.fetch(url, 'image');
    expect(originalName).toBe('photo one.jpg');
    expect(declaredType).toBe('image/jpeg');
    expect(content.head.equals(picture)).toBe(true);
    expect(server.requests[0]?.headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      'accept-encoding': 'identity',
      connection: 'close',
    });
  });

  it.each([
    ['/a.jpg', 'attachment; filename="given.jpg"', 'given.jpg'],
    ['/a.jpg', 'attachment; filename=plain.jpg', 'plain.jpg'],
    ['/a.jpg', 'inline; filename="x.jpg"; filename*=UTF-8\'\'%D8%B5%D9%88%D8%B1%D8%A9.jpg', 'صورة.jpg'],
    ['/a.jpg', "attachment; filename*=iso-8859-1'en'caf%E9.jpg", 'café.jpg'],
    ['/a.jpg', 'attachment; filename="quo\\"ted.jpg"', 'quo"ted.jpg'],
    ['/a.jpg', 'attachment', 'a.jpg'],
    ['/image.php', '', 'image'],
    ['/bad%ff.jpg', '', 'bad%ff.jpg'],
    ['/', '', ''],
  ])('is called as its server says, else as its path: %s, %j', async (path, disposition, name) => {
    const url = server.file(path, await jpeg(), disposition ? { 'Content-Disposition': disposition } : {});
    await expect(download.fetch(url, 'image')).resolves.toMatchObject({ originalName: name });
  });

  it('follows three redirects, also relative ones, and is called as the last address', async () => {
    server.file('/final.jpg', await jpeg());
    server.redirect('/third', '/final.jpg', 308);
    server.redirect('/second', server.url('/third'), 307);
    const url = server.redirect('/first', 'second', 301);
    await expect(download.fetch(url, 'image')).resolves.toMatchObject({ originalName: 'final.jpg' });
  });

  it('looks each host up once, and connects to the address it was given', async () => {
    // Nothing listens at the second answer, which a name server could give to whoever asks again.
    addresses.answer('media.test', ['127.0.0.1'], ['127.0.0.9']);
    server.file('/a.jpg', await jpeg());
    await download.fetch(server.url('/a.jpg', 'media.test'), 'image');
    expect(addresses.asked).toEqual(['media.test']);
    expect(server.requests[0]?.headers.host).toBe(`media.test:${server.port}`);
  });

  it('may be as large as its type allows', async () => {
    const url = server.file('/a.jpg', padded(await jpeg(), MAX_BYTES.image));
    const { content } = await download.fetch(url, 'image');
    expect(content.sizeBytes).toBe(MAX_BYTES.image);
    await content.discard();
    expect(await folder.temporary()).toEqual([]);
  });

  it('leaves no connection', async () => {
    const url = server.file('/a.jpg', await jpeg());
    await download.fetch(url, 'image');
    await expect(download.fetch(server.url('/missing'), 'image')).rejects.toThrow('404');
    await server.idle();
  });
});
