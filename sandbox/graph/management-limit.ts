import { GraphError } from './graph-error.js';

const HOUR_MS = 3_600_000;

/**
 * Management calls of an account in a rolling hour (WhatsApp, "Business Management API": 5,000 for an account with a
 * registered number, 200 without).
 */
export class ManagementLimit {
  limit = 5000;
  private calls: number[] = [];

  /** @throws GraphError 80008 when the hour's calls are used up */
  take(now: number): void {
    this.calls = this.calls.filter((at) => at > now - HOUR_MS);
    if (this.calls.length >= this.limit) {
      throw new GraphError(80008, 'There have been too many calls to this WhatsApp Business account.');
    }
    this.calls.push(now);
  }
}
