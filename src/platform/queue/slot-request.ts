/** A number whose slots are asked for. */
export interface SlotNumber {
  numberId: number;
  /** What WhatsApp allows the number; USED_SHARE of it is used. */
  ratePerSecond: number;
  /** When the operator resumed it last: the first to come afterwards restarts it gently. */
  resumedAt?: Date | null;
}

export interface SlotRequest extends SlotNumber {
  /** Nothing that would depart later than this from now is granted. Default HORIZON_MS. */
  horizonMs?: number;
  /** Grant nothing that is not urgent while the number has a backlog (a new message must not overtake it). */
  respectBacklog?: boolean;
  /** Say for this long that the number has a backlog when the rate kept some back. */
  markBacklogMs?: number;
  /** These do not depart before this time from now: what the caller needs until it is ready. Default 0. */
  leadMs?: number;
}

/** A message that wants to leave. */
export interface SlotApplicant {
  /** As WhatsApp takes it: digits, or a user id. Number and recipient are the pair. */
  recipient: string;
  /** Takes the next free departure whatever the backlog, but at most every second one of the number. */
  urgent: boolean;
}

/** A message that reserved a departure before and missed it. */
export interface LateApplicant {
  recipient: string;
  /** The departure it missed; Redis' time, milliseconds. */
  departedAt: number;
}

/** What a message got. */
export type Place =
  /** Redis' time, milliseconds. */
  | { kind: 'departs'; at: number }
  /** Its pair has room after this time. */
  | { kind: 'pair_full'; waitMs: number }
  /** The number's rate has no room before the horizon, or its backlog comes first. */
  | { kind: 'no_room' };

/** The rate of a number now, for the operator. */
export interface RateState {
  /** Share of the rate that may be used: below 1 after WhatsApp refused some, or after a restart. */
  factor: number;
  /** Departures a second that are given out now. */
  allowedPerSecond: number;
  /** First departure that is free; Redis' time, milliseconds. It may have passed. */
  nextFreeAt: number;
  /** Until when WhatsApp (or a breaker) told the number to wait; null: it was not, or that is over. */
  heldUntil: number | null;
  /** Some worker's breaker of the number is open: its calls hang. */
  breakerOpen: boolean;
}
