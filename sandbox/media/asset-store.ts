import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HEAD_BYTES } from './media-rules.js';

/** Stored bytes, named by their SHA-256. */
export interface Asset {
  readonly sha256: string;
  readonly size: number;
  readonly path: string;
  /** As it was declared when the bytes were stored first. */
  readonly mimeType: string;
  readonly head: Buffer;
}

/** More bytes came than were allowed. */
export class TooBigError extends Error {}

/**
 * Files in a temporary folder, removed when the sandbox stops. When more than `maxBytes` are kept, those
 * that were not used for longest go first; what is known about them stays.
 */
export class AssetStore {
  readonly directory = mkdtempSync(join(tmpdir(), 'whatsapp-sandbox-'));
  readonly #assets = new Map<string, Asset>();
  #bytes = 0;
  #temporary = 0;

  constructor(private readonly maxBytes: number) {}

  /** Stores a stream. @throws TooBigError after more than `limit` bytes. */
  async putStream(source: Readable, mimeType: string, limit: number): Promise<Asset> {
    const path = this.temporaryPath();
    const hash = createHash('sha256');
    let size = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        hash.update(chunk);
        done(size > limit ? new TooBigError(`more than ${limit} bytes`) : null, chunk);
      },
    });
    try {
      await pipeline(source, meter, createWriteStream(path));
      return await this.#adopt(path, hash.digest('hex'), size, mimeType);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Takes over a file that lies in the store's folder. */
  async putFile(path: string, mimeType: string): Promise<Asset> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const { size } = await stat(path);
    return this.#adopt(path, hash.digest('hex'), size, mimeType);
  }

  async putBytes(bytes: Buffer, mimeType: string): Promise<Asset> {
    return this.putStream(Readable.from([bytes]), mimeType, Infinity);
  }

  find(sha256: string): Asset | undefined {
    const asset = this.#assets.get(sha256);
    if (asset === undefined) return undefined;
    this.#assets.delete(sha256);
    this.#assets.set(sha256, asset);
    return asset;
  }

  temporaryPath(): string {
    this.#temporary += 1;
    return join(this.directory, `incoming-${this.#temporary}`);
  }

  stop(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #adopt(path: string, sha256: string, size: number, mimeType: string): Promise<Asset> {
    const known = this.find(sha256);
    if (known !== undefined) {
      await rm(path, { force: true });
      return known;
    }
    const head = await readHead(path);
    const asset: Asset = { sha256, size, path: join(this.directory, sha256), mimeType, head };
    await rename(path, asset.path);
    this.#assets.set(sha256, asset);
    this.#bytes += size;
    await this.#evict(sha256);
    return asset;
  }

  async #evict(justStored: string): Promise<void> {
    for (const asset of this.#assets.values()) {
      if (this.#bytes <= this.maxBytes) return;
      if (asset.sha256 === justStored) continue;
      this.#assets.delete(asset.sha256);
      this.#bytes -= asset.size;
      await rm(asset.path, { force: true });
    }
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
