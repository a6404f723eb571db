import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../../platform/config/settings.js';
import type { Log } from '../../platform/logging/log.js';
import { Deliverer } from './deliverer.js';
import type { DeliveryRun } from './delivery-run.js';
import type { DeliverySignal } from './delivery-signal.js';
import type { DeliveryStore } from './delivery-store.js';

describe('a worker that delivers', () => {
  it('gives back at once what it took and could not read', async () => {
    const fault = new Error('the connection was lost');
    const warnings: unknown[] = [];
    const owners: string[] = [];
    let returned: (ids: readonly number[]) => void = () => undefined;
    const givenBack = new Promise<readonly number[]>((resolve) => (returned = resolve));
    const store = {
      take: (owner: string) => {
        owners.push(owner);
        return Promise.resolve([
          { id: 7, troubled: false },
          { id: 8, troubled: true },
        ]);
      },
      changed: () => Promise.reject(fault),
      giveBack: (owner: string, ids: readonly number[]) => {
        owners.push(owner);
        returned(ids);
        return Promise.resolve();
      },
    } as unknown as DeliveryStore;
    const deliverer = new Deliverer(
      store,
      {} as unknown as DeliveryRun,
      { listen: () => () => undefined } as unknown as DeliverySignal,
      { WEBHOOK_CONCURRENCY: 10, WEBHOOK_ENDPOINT_CONCURRENCY: 2 } as unknown as Settings,
      { warn: (line: unknown) => void warnings.push(line) } as unknown as Log,
    );
    deliverer.onApplicationBootstrap();
    expect(await givenBack).toEqual([7, 8]);
    await deliverer.onModuleDestroy();
    expect(new Set(owners).size).toBe(1);
    expect(warnings).toContainEqual({ err: fault });
  });
});
