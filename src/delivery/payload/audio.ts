import { requireMedia, type PayloadBuilder } from './payload-builder.js';

/** `type: "audio"`: a file; WhatsApp knows no caption here. */
export const audio: PayloadBuilder = (parts) => ({ type: 'audio', audio: requireMedia(parts).reference });
