/** Largest JSON or urlencoded body, and largest webhook: 4 MB (files have limits of their own). */
export const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
