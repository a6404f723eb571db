import { captionOf, requireMedia, type PayloadBuilder } from './payload-builder.js';

/** `type: "document"`: a file with its name (the extension picks the icon) and an optional caption. */
export const document: PayloadBuilder = (parts) => {
  const { file, reference } = requireMedia(parts);
  return { type: 'document', document: { ...reference, ...captionOf(parts), filename: file.filename } };
};
