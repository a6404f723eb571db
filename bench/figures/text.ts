import { alternate } from '../alternate.js';
import type { Figure } from '../bench.js';
import { fillPeople } from '../fill.js';
import { TEXT_PEOPLE, textsTo } from '../texts.js';
import { phoneOf } from '../uploads.js';

/** Enough to keep either server busy while a group of messages is being committed. */
const CONNECTIONS = 128;
const SHARE = 0.7;
/** As many as the promise about the slowest hundredth is made for. */
const FEW_CONNECTIONS = 32;
const SLOWEST_MS = 100;

/** Accepting texts, with nothing behind it but the database. */
export const text: Figure = {
  name: 'text',
  what: 'accepting texts while delivery is held',
  async run(bench) {
    const { report } = bench;
    const floor = await bench.startFloor();
    const platform = await bench.install();
    const api = await platform.start('api');
    // No worker takes a share of the machine: what is measured is accepting alone.
    await platform.cli('delivery', 'hold', '--reason', 'bench');
    const people = bench.scaled(TEXT_PEOPLE);
    await fillPeople(
      platform,
      Array.from({ length: people }, (_, index) => phoneOf(index)),
    );
    const bareTarget = { request: textsTo(`${floor.url}/text`, null, people), server: floor.child };
    const target = {
      request: textsTo(`${platform.apiUrl}/api/v2/messages/text`, platform.token, people),
      server: api,
    };
    const [bare, accepted] = await alternate([bareTarget, target], CONNECTIONS);
    const [few] = await alternate([target], FEW_CONNECTIONS);
    if (!bare || !accepted || !few) throw new Error('a load has no result');
    const floorRate = bare.result.perSecond;
    report.load('bare Nest, JSON (the floor of texts)', bare.result, floor.child.peakMemory(), floorRate);
    report.load(
      'POST /messages/text, respond-async, delivery held',
      accepted.result,
      api.peakMemory(),
      floorRate,
      SHARE,
    );
    report.milliseconds(`texts at ${FEW_CONNECTIONS} connections, the slowest hundredth`, few.result.p99, SLOWEST_MS);
    if (Object.keys(few.result.failures).length > 0)
      throw new Error(`sends failed: ${JSON.stringify(few.result.failures)}`);
    report.note(
      `text, processor time of the server a request: floor ${bare.cpuMs.toFixed(2)} ms, API ${accepted.cpuMs.toFixed(2)} ms`,
    );
    await api.stop();
    await floor.child.stop();
  },
};
