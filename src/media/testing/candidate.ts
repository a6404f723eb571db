import { ArrivedFile } from '../arrived-file.js';
import type { MediaCandidate } from '../formats/check-media.js';
import { ReceivedContent } from '../received-content.js';

/** A file as an upload brings it, for format checks. */
export function candidate(content: Buffer, originalName: string, declaredType = ''): MediaCandidate {
  return new ArrivedFile(originalName, declaredType, ReceivedContent.ofBuffer(content), 'refuse');
}
