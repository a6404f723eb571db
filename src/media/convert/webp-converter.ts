import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { serviceUnavailable } from '../../platform/http/api-error.js';
import { MAX_BYTES } from '../media-types.js';
import type { ReceivedContent } from '../received-content.js';

const MAX_PIXELS = 50_000_000;
const AT_ONCE = 2;
/** Beyond this the wait would outlast the caller; each waiting upload also holds its file. */
const MAX_WAITING = 32;
const JPEG_QUALITY = 85;

/** What a WebP became. */
export interface ConvertedImage {
  content: Buffer;
  as: 'jpg' | 'png';
}

/** Why a WebP cannot be sent, as a sentence for the caller. */
export class ConversionRefusedError extends Error {}

/**
 * Turns WebP pictures into JPEG, or PNG when they have transparency: WhatsApp delivers WebP only as stickers. At most
 * two run at once, since each may take 200 MB for its pixels.
 */
@Injectable()
export class WebpConverter {
  /** For one conversion, seconds; time in the queue not counted. */
  protected readonly timeoutSeconds: number = 10;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly log: Log) {}

  /** @throws ConversionRefusedError; ApiError 503 when too many wait already */
  async convert(webp: ReceivedContent): Promise<ConvertedImage> {
    await this.enter();
    try {
      return await this.run(webp);
    } finally {
      this.leave();
    }
  }

  private async run(webp: ReceivedContent): Promise<ConvertedImage> {
    const input = await webp.read(0, webp.sizeBytes);
    // Loaded with the first WebP: the library's native part is large.
    const { default: sharp } = await import('sharp');
    // No picture comes twice, so nothing is worth keeping in memory.
    sharp.cache(false);
    try {
      const picture = sharp(input, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true });
      const { hasAlpha, pages = 1 } = await picture.metadata();
      if (pages > 1) throw new ConversionRefusedError('Animated WebP images cannot be sent.');
      const upright = picture.rotate().timeout({ seconds: this.timeoutSeconds });
      const as = hasAlpha ? 'png' : 'jpg';
      const content = await (
        as === 'png' ? upright.png() : upright.flatten().jpeg({ quality: JPEG_QUALITY })
      ).toBuffer();
      if (content.length > MAX_BYTES.image) {
        throw new ConversionRefusedError(`The WebP image is larger than 5 MB after conversion to ${as.toUpperCase()}.`);
      }
      return { content, as };
    } catch (error) {
      if (error instanceof ConversionRefusedError) throw error;
      throw new ConversionRefusedError(this.reason(error), { cause: error });
    }
  }

  private reason(error: unknown): string {
    const text = error instanceof Error ? error.message : '';
    if (/pixel limit/i.test(text)) return 'The WebP image has more than 50 megapixels.';
    if (/timeout/i.test(text)) return `The WebP image could not be converted within ${this.timeoutSeconds} seconds.`;
    this.log.debug({ err: error }, 'a WebP image could not be read');
    return 'The WebP image is damaged and could not be read.';
  }

  private async enter(): Promise<void> {
    if (this.running < AT_ONCE) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= MAX_WAITING) throw serviceUnavailable(new Error('too many WebP images wait'));
    // The place is handed over by leave(), so `running` stays as it is.
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
