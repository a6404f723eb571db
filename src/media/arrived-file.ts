import { checkMedia, type MediaCandidate, type MediaVerdict } from './formats/check-media.js';
import type { MediaType } from './media-types.js';
import type { ReceivedContent } from './received-content.js';

/** A file as it came in, by upload or from a URL, with what its sender said about it. */
export class ArrivedFile implements MediaCandidate {
  private checked: { mediaType: MediaType; verdict: Promise<MediaVerdict> } | undefined;

  constructor(
    /** As the client or server named it; not to be trusted. */
    readonly originalName: string,
    /** Content type it was declared with, lower case, without parameters; empty when there was none. */
    readonly declaredType: string,
    /** Its bytes: in memory when small, else in a temporary file. */
    readonly content: ReceivedContent,
    /** What to do with a name without an extension: refuse it, or find the format by content. */
    private readonly withoutExtension: 'refuse' | 'detect',
  ) {}

  get sizeBytes(): number {
    return this.content.sizeBytes;
  }

  get sha256(): Buffer {
    return this.content.sha256;
  }

  get head(): Buffer {
    return this.content.head;
  }

  read(position: number, length: number): Promise<Buffer> {
    return this.content.read(position, length);
  }

  chunks(): AsyncIterable<Buffer> {
    return this.content.chunks();
  }

  /** What it is, or what is wrong with it; looked at once per media type. */
  check(mediaType: MediaType): Promise<MediaVerdict> {
    if (this.checked?.mediaType !== mediaType) {
      this.checked = { mediaType, verdict: checkMedia(mediaType, this, this.withoutExtension) };
    }
    return this.checked.verdict;
  }
}
