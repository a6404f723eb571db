import { captionOf, requireMedia, type PayloadBuilder } from './payload-builder.js';

/** `type: "video"`: a file with an optional caption. */
export const video: PayloadBuilder = (parts) => ({
  type: 'video',
  video: { ...requireMedia(parts).reference, ...captionOf(parts) },
});
