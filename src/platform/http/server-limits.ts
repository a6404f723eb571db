import type { ServerOptions } from 'node:http';

/**
 * What the public server grants a connection, milliseconds. Beside these, a body may pause for 30 s at most (see
 * {@link PATIENCE}).
 */
export const SERVER_LIMITS = {
  /** All headers must be here by then: nobody types them by hand. */
  headersTimeout: 15_000,
  /** The whole request must be here by then: 100 MB in 20 minutes is a line of 0.7 Mbit/s. */
  requestTimeout: 1_200_000,
  /**
   * An idle connection stays open longer than any usual load balancer keeps its side (AWS 60 s, Azure 240 s, Google
   * 600 s), so that a balancer never writes into a connection that we have just closed.
   */
  keepAliveTimeout: 620_000,
  /** How often the two time-outs above are looked at. */
  connectionsCheckingInterval: 5_000,
  /** All headers together, bytes; more is 431. */
  maxHeaderSize: 16_384,
  /** Answered 400 in the envelope instead of Node's empty one. */
  requireHostHeader: false,
} as const satisfies ServerOptions;
