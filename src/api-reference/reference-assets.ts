import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** A file of the reference page, ready to be sent. */
export interface Asset {
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly contentType: string;
  /** Hash of the content; the page asks for the file under it, so it can be cached for ever. */
  readonly version: string;
}

const CONTENT_TYPES = {
  'scalar.js': 'text/javascript; charset=utf-8',
  'reference.js': 'text/javascript; charset=utf-8',
  'favicon.svg': 'image/svg+xml',
  'n8n-workflow.json': 'application/json; charset=utf-8',
} as const;

export type AssetName = keyof typeof CONTENT_TYPES;

export const isAssetName = (name: string): name is AssetName => Object.hasOwn(CONTENT_TYPES, name);

/**
 * The viewer's one script. The build puts it beside our own assets; run from the sources, it is taken from the package
 * (a development dependency, so that it is not installed twice in production).
 */
function viewerFile(): URL {
  const built = new URL('./assets/scalar.js', import.meta.url);
  if (existsSync(built)) return built;
  const entry = createRequire(import.meta.url).resolve('@scalar/api-reference');
  return new URL('browser/standalone.js', `file://${entry}`);
}

/** Compresses and hashes what is sent more than once. */
export async function prepareAsset(body: Buffer, contentType: string): Promise<Asset> {
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return { body, gzipped: await compress(body), contentType, version };
}

/** The files of the reference page, read when they are first asked for and kept. */
export class ReferenceAssets {
  private readonly prepared = new Map<AssetName, Promise<Asset>>();

  get(name: AssetName): Promise<Asset> {
    let asset = this.prepared.get(name);
    if (!asset) {
      const file = name === 'scalar.js' ? viewerFile() : new URL(`./assets/${name}`, import.meta.url);
      asset = prepareAsset(readFileSync(file), CONTENT_TYPES[name]);
      this.prepared.set(name, asset);
    }
    return asset;
  }

  /** The page itself, with the version of each file in its address. */
  async page(): Promise<string> {
    let html = readFileSync(new URL('./assets/reference.html', import.meta.url), 'utf8');
    for (const name of Object.keys(CONTENT_TYPES).filter(isAssetName)) {
      html = html.replace(`{{${name}}}`, (await this.get(name)).version);
    }
    return html;
  }
}
