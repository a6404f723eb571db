import type { MediaCandidate } from '../formats/check-media.js';
import { ReceivedContent } from '../received-content.js';

/** A file as an upload brings it, for format checks. */
export function candidate(content: Buffer, originalName: string, declaredType = ''): MediaCandidate {
  const received = ReceivedContent.ofBuffer(content);
  return {
    originalName,
    declaredType,
    sizeBytes: received.sizeBytes,
    head: received.head,
    read: (position, length) => received.read(position, length),
    chunks: () => received.chunks(),
  };
}
