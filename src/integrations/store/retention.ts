/** How long a repeat is told, days. */
export const REPEAT_DAYS = 7;
/** How long `once_per` is remembered, days. */
export const ONCE_DAYS = 90;
/** Newest payloads of a listener that are shown; those of them that were worked off keep their body. */
export const KEPT_PAYLOADS = 100;
/** How long a body is kept, and with it whose it was, days: it is personal. */
export const BODY_DAYS = 30;
/** Tries of a payload until it is given up, some eight hours; default of `store_payloads.last_try`. */
export const MOST_TRIES = 100;
