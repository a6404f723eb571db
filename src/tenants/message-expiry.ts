/** Shorter than this a message would expire on its ordinary way through the queue; seconds. */
export const MIN_EXPIRES_IN_S = 10;

/** 30 days, in seconds. */
export const MAX_EXPIRES_IN_S = 2_592_000;
