import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { ReceivedContent } from '../received-content.js';
import { MediaFolder } from '../testing/media-folder.js';
import { animatedWebp, noisyWebp, webp, webpWithAlpha } from '../testing/sample-files.js';
import { ConversionRefusedError, WebpConverter } from './webp-converter.js';

describe('the conversion of WebP', () => {
  let folder: MediaFolder;
  let converter: WebpConverter;
  beforeEach(async () => {
    folder = await MediaFolder.create();
    converter = new WebpConverter(folder.log);
  });
  afterEach(() => folder.remove());

  it('makes a JPEG of the same size', async () => {
    const { content, as } = await converter.convert(ReceivedContent.ofBuffer(await webp(320, 200)));
    expect(as).toBe('jpg');
    await expect(sharp(content).metadata()).resolves.toMatchObject({ format: 'jpeg', width: 320, height: 200 });
  });

  it('makes a PNG that keeps the transparency', async () => {
    const { content, as } = await converter.convert(ReceivedContent.ofBuffer(await webpWithAlpha()));
    expect(as).toBe('png');
    await expect(sharp(content).metadata()).resolves.toMatchObject({ format: 'png', hasAlpha: true });
  });

  it('refuses an animation', async () => {
    await expect(converter.convert(ReceivedContent.ofBuffer(await animatedWebp()))).rejects.toThrow(
      'Animated WebP images cannot be sent.',
    );
  });

  it('takes 50 megapixels and refuses more', async () => {
    const at = await converter.convert(ReceivedContent.ofBuffer(await webp(10_000, 5000)));
    expect(at.as).toBe('jpg');
    await expect(converter.convert(ReceivedContent.ofBuffer(await webp(10_001, 5000)))).rejects.toThrow(
      'The WebP image has more than 50 megapixels.',
    );
  }, 60_000);

  it('refuses what is larger than 5 MB afterwards', async () => {
    const noisy = ReceivedContent.ofBuffer(await noisyWebp(1800, 1400));
    expect(noisy.sizeBytes).toBeLessThan(5 * 1024 * 1024);
    await expect(converter.convert(noisy)).rejects.toThrow(
      'The WebP image is larger than 5 MB after conversion to PNG.',
    );
  }, 60_000);

  it('refuses damaged pictures', async () => {
    const whole = await webp(320, 200);
    for (const damaged of [whole.subarray(0, 40), Buffer.concat([whole.subarray(0, 30), Buffer.alloc(500, 0xff)])]) {
      await expect(converter.convert(ReceivedContent.ofBuffer(damaged))).rejects.toThrow(ConversionRefusedError);
    }
  });

  it('gives up a conversion that takes too long', async () => {
    class Impatient extends WebpConverter {
      protected override readonly timeoutSeconds = 1;
    }
    const slow = ReceivedContent.ofBuffer(await noisyWebp(3200, 3200, { lossless: true }));
    await expect(new Impatient(folder.log).convert(slow)).rejects.toThrow(
      'The WebP image could not be converted within 1 seconds.',
    );
  }, 60_000);

  it('runs two at a time, lets 32 wait, and answers 503 to the next', async () => {
    const picture = ReceivedContent.ofBuffer(await webp(64, 64));
    const results = await Promise.allSettled(Array.from({ length: 36 }, () => converter.convert(picture)));
    const refused = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) expect(error).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
    // And is free again afterwards.
    await expect(converter.convert(picture)).resolves.toMatchObject({ as: 'jpg' });
  }, 30_000);
});
