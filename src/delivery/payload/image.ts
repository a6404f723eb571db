import { captionOf, requireMedia, type PayloadBuilder } from './payload-builder.js';

/** `type: "image"`: a file with an optional caption. */
export const image: PayloadBuilder = (parts) => ({
  type: 'image',
  image: { ...requireMedia(parts).reference, ...captionOf(parts) },
});
