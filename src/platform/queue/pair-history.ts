/** How much of its limit a pair (number, recipient) has used up. */
export interface PairLevel {
  /** As in the message: digits, or a WhatsApp user id. */
  recipient: string;
  /** Milliseconds from now until the pair is unused again. */
  unusedInMs: number;
}

/**
 * What the database knows about the pairs of a number: asked once, when Redis knows nothing of it. The feature that
 * stores attempts provides it; the platform only knows that somebody does.
 */
export abstract class PairHistory {
  /**
   * The pairs of the number (phone_numbers.id) that are not unused.
   * @param limit the burst of a pair, and milliseconds between two messages in the long run
   */
  abstract levels(numberId: number, limit: { burst: number; intervalMs: number }): Promise<PairLevel[]>;
}
