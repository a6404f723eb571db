import { requireText, type PayloadBuilder } from './payload-builder.js';

/** `type: "text"`: words alone. */
export const text: PayloadBuilder = (parts) => ({ type: 'text', text: { body: requireText(parts) } });
