import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { planOf } from '../chaos/plan.js';
import { runChaos } from '../chaos/run.js';
import { type ChaosTemplate, makeTemplate } from '../chaos/template.js';

jest.setTimeout(180_000);

/**
 * Some of the runs that `npm run chaos` draws by the hundred: always the same, and the kinds of trouble that no other test
 * has. What is killed (API, worker, Redis) and what WhatsApp drops have tests of their own (crashes, unknown-outcomes).
 */
const RUNS = [
  { seed: 2, scenario: 'kill-postgres+freeze-redis' },
  { seed: 4, scenario: 'cut-postgres+skewed-clocks' },
];

describe('a platform that is hurt at random instants', () => {
  let folder: string;
  let template: ChaosTemplate;

  beforeAll(async () => {
    // Postgres' own account must be able to enter; a temporary folder of root's may be root's alone.
    folder = mkdtempSync(join(process.getuid?.() === 0 ? '/var/tmp' : tmpdir(), 'rasl-chaos-'));
    chmodSync(folder, 0o711);
    template = await makeTemplate(join(folder, 'template'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(RUNS)('keeps its promises: seed $seed, $scenario', async ({ seed, scenario }) => {
    const { findings } = await runChaos(planOf(seed, scenario), template, join(folder, `run-${seed}`));
    expect(findings).toEqual([]);
  });
});
