import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { BenchInstallation } from './installation.js';
import { load, type LoadResult } from './load.js';
import { FORM_HEADERS, jpegOf, mediaForm } from './multipart.js';
import type { Report } from './report.js';

/** One figure of the bench, or a few that are taken together. */
export interface Figure {
  name: string;
  what: string;
  run(bench: Bench): Promise<void>;
}

const FLOOR_CONNECTIONS = 64;
const FLOOR_S = 5;
const FLOOR_BYTES = 100 * 1024;

/** What the figures of one run share: their place, how large they are, and the table they write into. */
export class Bench {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rasl-bench-'));
  private readonly installations: BenchInstallation[] = [];
  private readonly floors: Child[] = [];

  /** @param scale multiplies the numbers of messages: below 1 to try a figure, not to take it */
  constructor(
    readonly report: Report,
    readonly redisUrl: string,
    readonly scale: number,
    private readonly databaseUrl: string,
  ) {}

  /** A count of messages of the full size, scaled. */
  scaled(count: number): number {
    return Math.max(1, Math.round(count * this.scale));
  }

  /** A fresh installation: database, sandbox, a tenant with one number; no API and no worker yet. */
  async install(rate?: number): Promise<BenchInstallation> {
    const installation = await BenchInstallation.create(
      mkdtempSync(join(this.folder, 'installation-')),
      this.databaseUrl,
      this.redisUrl,
      rate,
    );
    this.installations.push(installation);
    return installation;
  }

  /** The bare handler that figures are put in relation to. */
  async startFloor(): Promise<{ child: Child; url: string; folder: string }> {
    const folder = mkdtempSync(join(this.folder, 'floor-'));
    const child = Child.start('floor', 'dist/bench/floor-server.js', { FLOOR_DIR: folder });
    this.floors.push(child);
    const { url } = await child.line<{ url: string }>('url');
    return { child, url, folder };
  }

  /** A fresh run of the floor, warmed up, to stand beside a figure. */
  async floor(): Promise<LoadResult> {
    const { child, url, folder } = await this.startFloor();
    const photo = await jpegOf(FLOOR_BYTES);
    const form = mediaForm({ phone: '201000000001', media_type: 'image' }, photo, 'photo.jpg', 'image/jpeg');
    const target = { url: `${url}/upload`, headers: FORM_HEADERS, body: form };
    await load(target, FLOOR_CONNECTIONS, FLOOR_S);
    const result = await load(target, FLOOR_CONNECTIONS, FLOOR_S);
    await child.stop();
    // Else the system would write a gigabyte of them to disk half a minute later, in the middle of what is measured.
    rmSync(folder, { recursive: true });
    return result;
  }

  /** Ends what a figure has left running. */
  async endFigure(): Promise<void> {
    for (const installation of this.installations.splice(0)) await installation.stop();
    for (const floor of this.floors.splice(0)) await floor.stop();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
