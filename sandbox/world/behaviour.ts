/** When statuses come, in milliseconds after the message was accepted; null = never. */
export interface StatusDelays {
  readonly sent: number | null;
  readonly delivered: number | null;
  readonly read: number | null;
  /** Voice messages only; counted like the others. */
  readonly played: number | null;
}

/** How a phone number's messages fare. Probabilities are from 0 to 1 and drawn from the number's seeded stream. */
export interface StatusBehaviour {
  readonly delays: StatusDelays;
  /** Probability that a status is left out. */
  readonly skip: { readonly sent: number; readonly delivered: number; readonly read: number };
  /** Probability that a status webhook comes twice. */
  readonly duplicate: number;
  /** Probability that two neighbouring statuses come in the wrong order (their timestamps stay right). */
  readonly reorder: number;
  /** Probability that a message fails instead of being sent, and the code. */
  readonly fail: { readonly probability: number; readonly code: number };
  /** Probability that `failed` comes after `delivered`, as several devices of a user can make it. */
  readonly fail_after_delivered: { readonly probability: number; readonly code: number };
  /** Hold the HTTP answer until the callback has got the first status (at most 10 s). */
  readonly answer_after_webhook: boolean;
  /** What template sends answer; held messages get their statuses `hold_ms` later. */
  readonly template_message_status: 'accepted' | 'held_for_quality_assessment' | 'paused';
  readonly hold_ms: number;
}

export function defaultBehaviour(delays: StatusDelays): StatusBehaviour {
  return {
    delays,
    skip: { sent: 0, delivered: 0, read: 0 },
    duplicate: 0,
    reorder: 0,
    fail: { probability: 0, code: 131026 },
    fail_after_delivered: { probability: 0, code: 131026 },
    answer_after_webhook: false,
    template_message_status: 'accepted',
    hold_ms: 0,
  };
}
