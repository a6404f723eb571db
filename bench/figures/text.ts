import { alternate } from '../alternate.js';
import type { Figure } from '../bench.js';
import { fillPeople } from '../fill.js';
import type { LoadRequest } from '../load.js';
import { phoneOf } from '../uploads.js';

/** As many as the promise about the slowest hundredth is made for. */
const CONNECTIONS = 32;
const SLOWEST_MS = 100;
const SHARE = 0.7;
/** More than a load reaches, as in a campaign: a message that waits for nobody of its lane. */
const PEOPLE = 60_000;

/** A load's texts: every person gets one, with a merge field. */
function textsTo(url: string, token: string | null, people: number): LoadRequest {
  let next = 0;
  return {
    url,
    headers: {
      'content-type': 'application/json',
      prefer: 'respond-async',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: () =>
      Buffer.from(
        JSON.stringify({
          phone: phoneOf(next++ % people),
          message: 'Hello @{contact_first_name}, your order 4711 is on its way and will be with you before noon.',
        }),
      ),
  };
}

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
    const people = bench.scaled(PEOPLE);
    await fillPeople(
      platform,
      Array.from({ length: people }, (_, index) => phoneOf(index)),
    );
    const [bare, accepted] = await alternate(
      [
        { request: textsTo(`${floor.url}/text`, null, people), server: floor.child },
        { request: textsTo(`${platform.apiUrl}/api/v2/messages/text`, platform.token, people), server: api },
      ],
      CONNECTIONS,
    );
    if (!bare || !accepted) throw new Error('a load has no result');
    report.load('bare Nest, JSON (the floor of texts)', bare.result, floor.child.peakMemory(), bare.result.perSecond);
    report.load(
      'POST /messages/text, respond-async, delivery held',
      accepted.result,
      api.peakMemory(),
      bare.result.perSecond,
      SHARE,
    );
    report.milliseconds(`texts at ${CONNECTIONS} connections, the slowest hundredth`, accepted.result.p99, SLOWEST_MS);
    report.note(
      `text, processor time of the server a request: floor ${bare.cpuMs.toFixed(2)} ms, API ${accepted.cpuMs.toFixed(2)} ms`,
    );
    await api.stop();
    await floor.child.stop();
  },
};
