import { Agent, request } from 'node:http';

/** How long calls of one kind took, milliseconds. */
export interface CallTimes {
  readonly p50: number;
  readonly p99: number;
}

/** What one call answered, and how long it took, milliseconds. */
export interface Called<T> {
  readonly body: T;
  readonly took: number;
}

/** Calls one platform's API as one caller does: one call after the other, over one connection. */
export class Caller {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly apiUrl: string,
    private readonly token: string,
  ) {}

  /** @throws Error when the answer is no 200 */
  call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Called<T>> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.token}`,
        ...(sent ? { 'content-type': 'application/json' } : {}),
      };
      const call = request(`${this.apiUrl}/api/v2${path}`, { agent: this.agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const took = performance.now() - begun;
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          else resolve({ body: JSON.parse(text) as T, took });
        });
      });
      call.on('error', reject);
      call.end(sent);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Half of them, and 99 of 100 of them, took at most so long. */
export function timesOf(times: readonly number[]): CallTimes {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
