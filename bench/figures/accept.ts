import type { Figure } from '../bench.js';
import type { Child } from '../child.js';
import { drain } from '../drain.js';
import type { BenchInstallation } from '../installation.js';
import { alternate } from '../alternate.js';
import { load } from '../load.js';
import { FORM_HEADERS, jpegOf, mediaForm } from '../multipart.js';
import { fillPeople } from '../fill.js';
import { phoneOf, uploadsTo } from '../uploads.js';

/** Enough to keep either server busy while some requests wait for the disk. */
const CONNECTIONS = 64;
const WAITING = 32;
const DRAINED = 5000;
/** More than a load reaches: a message that waits for nobody of its lane, as in a campaign. */
const PEOPLE = 30_000;
const UPLOAD = 100 * 1024;
const LARGE = 100 * 1024 * 1024;

async function largeUpload(platform: BenchInstallation, api: Child): Promise<number> {
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(LARGE - 9, 0x20)]);
  const form = mediaForm({ phone: '201000000001', media_type: 'document' }, pdf, 'large.pdf', 'application/pdf');
  api.resetPeak();
  const before = api.memory();
  const result = await load(
    {
      url: `${platform.apiUrl}/api/v2/messages/media`,
      headers: { ...FORM_HEADERS, prefer: 'respond-async', authorization: `Bearer ${platform.token}` },
      body: form,
    },
    1,
    120,
    1,
  );
  if (Object.keys(result.failures).length > 0)
    throw new Error(`the large upload failed: ${JSON.stringify(result.failures)}`);
  const growth = api.peakMemory() - before;
  // Only its way in is measured; it stays out of the figures that follow.
  await platform.cancelQueued();
  return growth;
}

/** Accepting and sending media messages, the main job. */
export const accept: Figure = {
  name: 'accept',
  what: 'accepting uploads, waiting for their outcome, draining a few thousand',
  async run(bench) {
    const { report } = bench;
    const floor = await bench.startFloor();
    const platform = await bench.install();
    const mediaUrl = `${platform.apiUrl}/api/v2/messages/media`;
    const photo = await jpegOf(UPLOAD);
    let api = await platform.start('api');

    const largeMemory = await largeUpload(platform, api);
    report.memory('100 MB upload: growth of the API', largeMemory, 40);
    await api.stop();

    api = await platform.start('api');
    await platform.subscribe(platform.appId);
    await fillPeople(
      platform,
      Array.from({ length: PEOPLE }, (_, index) => phoneOf(index)),
    );
    const people = { phones: PEOPLE };
    const campaign = { ...people, distinct: false };

    // First, so that no job of the loads that follow is before it.
    let worker = await platform.start('worker');
    const waited = await load(uploadsTo(mediaUrl, platform.token, photo, 'wait=30', people), WAITING, 10);
    await drain(platform, { until: 'idle' });
    await worker.stop();

    const [floorLoad, acceptLoad, newFilesLoad] = await alternate(
      [
        { request: uploadsTo(`${floor.url}/upload`, null, photo, '', campaign), server: floor.child },
        { request: uploadsTo(mediaUrl, platform.token, photo, 'respond-async', campaign), server: api },
        { request: uploadsTo(mediaUrl, platform.token, photo, 'respond-async', people), server: api },
      ],
      CONNECTIONS,
    );
    if (!floorLoad || !acceptLoad || !newFilesLoad) throw new Error('a load has no result');
    const [bare, accepted] = [floorLoad.result, acceptLoad.result];
    report.load('bare Nest + multer, 100 KB (the floor)', bare, floor.child.peakMemory(), bare.perSecond);
    report.load('POST /messages/media, respond-async', accepted, api.peakMemory(), bare.perSecond, 0.6);
    // The floor syncs nothing to disk; the platform does so for content that it does not have yet.
    report.load(
      'the same, no two files alike: each synced to disk',
      newFilesLoad.result,
      api.peakMemory(),
      bare.perSecond,
    );
    report.load('POST /messages/media, waiting until sent', waited, api.peakMemory(), bare.perSecond);
    report.note(
      `accept, processor time of the server a request: floor ${floorLoad.cpuMs.toFixed(2)} ms, API ${acceptLoad.cpuMs.toFixed(2)} ms, with files of its own ${newFilesLoad.cpuMs.toFixed(2)} ms`,
    );

    // What was accepted above is not sent: the last figure starts without a backlog.
    await platform.cancelQueued();
    const small = await jpegOf(2048);
    const queued = await load(
      uploadsTo(mediaUrl, platform.token, small, 'respond-async', { distinct: false, phones: DRAINED }),
      CONNECTIONS,
      120,
      DRAINED,
    );
    if (Object.keys(queued.failures).length > 0) throw new Error(`queueing failed: ${JSON.stringify(queued.failures)}`);
    // As a campaign is sent: one picture for all, handed to WhatsApp once.
    worker = await platform.start('worker', { MEDIA_DELIVERY: 'upload' });
    const drained = await drain(platform, { until: 'idle', worker, api });
    report.drain(drained, 400, bare.perSecond);
    await worker.stop();
    await api.stop();
    await floor.child.stop();
  },
};
