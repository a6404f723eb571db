import { Readable } from 'node:stream';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import type { ReceivedContent } from '../received-content.js';
import { type ByteRange, MediaStore } from './media-store.js';
import { MediaNotStoredError, StorageUnavailableError } from './storage-errors.js';
import { parseStorageKey } from './storage-key.js';

const PREFIX = 'media/';
const NOT_FOUND = ['NoSuchKey', 'NotFound'];

type Sdk = typeof import('@aws-sdk/client-s3');

/**
 * Media in a bucket of S3 or of any store that speaks its protocol (S3_ENDPOINT; then with path-style addresses).
 * S3 answers a PUT once the object is durable. The SHA-256 goes along, so a store that checks it refuses a damaged
 * transfer.
 */
@Injectable()
export class S3MediaStore extends MediaStore implements OnModuleDestroy {
  private loaded: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  constructor(private readonly settings: Settings) {
    super();
  }

  async put(storageKey: string, content: ReceivedContent, mimeType: string): Promise<void> {
    const Key = this.objectKey(storageKey);
    const body = content.file ? Readable.from(content.chunks(), { objectMode: false }) : content.head;
    await this.call(storageKey, ({ sdk, client }) =>
      client.send(
        new sdk.PutObjectCommand({
          Bucket: this.settings.S3_BUCKET,
          Key,
          Body: body,
          ContentLength: content.sizeBytes,
          ContentType: mimeType,
          ChecksumSHA256: content.sha256.toString('base64'),
        }),
      ),
    );
  }

  async openRead(storageKey: string, range?: ByteRange): Promise<Readable> {
    const Key = this.objectKey(storageKey);
    const answer = await this.call(storageKey, ({ sdk, client }) =>
      client.send(
        new sdk.GetObjectCommand({
          Bucket: this.settings.S3_BUCKET,
          Key,
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      ),
    );
    if (!(answer.Body instanceof Readable)) throw new StorageUnavailableError('the store answered without a body');
    return answer.Body;
  }

  async remove(storageKey: string): Promise<void> {
    const Key = this.objectKey(storageKey);
    try {
      await this.call(storageKey, ({ sdk, client }) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: this.settings.S3_BUCKET, Key })),
      );
    } catch (error) {
      if (!(error instanceof MediaNotStoredError)) throw error;
    }
  }

  async *listOlderThan(folder: string, before: Date): AsyncGenerator<string[]> {
    let token: string | undefined;
    do {
      const page = await this.call(folder, ({ sdk, client }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.settings.S3_BUCKET,
            Prefix: `${PREFIX}${folder}/`,
            ContinuationToken: token,
          }),
        ),
      );
      const keys = (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
        Key && LastModified && LastModified < before ? [Key.slice(PREFIX.length)] : [],
      );
      if (keys.length > 0) yield keys;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token);
  }

  async onModuleDestroy(): Promise<void> {
    if (this.loaded) (await this.loaded).client.destroy();
  }

  private objectKey(storageKey: string): string {
    parseStorageKey(storageKey);
    return PREFIX + storageKey;
  }

  /** Runs one call, and tells "not there" from "not now". */
  private async call<T>(key: string, run: (s3: { sdk: Sdk; client: S3Client }) => Promise<T>): Promise<T> {
    const s3 = await (this.loaded ??= this.load());
    try {
      return await run(s3);
    } catch (error) {
      if (error instanceof s3.sdk.S3ServiceException && NOT_FOUND.includes(error.name)) {
        throw new MediaNotStoredError(key, { cause: error });
      }
      throw new StorageUnavailableError('the object store did not do what it was asked', { cause: error });
    }
  }

  /** The SDK is large; installations with a local folder never load it. */
  private async load(): Promise<{ sdk: Sdk; client: S3Client }> {
    const sdk = await import('@aws-sdk/client-s3');
    const { S3_REGION, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = this.settings;
    const config: S3ClientConfig = {
      region: S3_REGION,
      // Only where the protocol demands one: many compatible stores do not know the newer trailing checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000 },
    };
    if (S3_ENDPOINT) Object.assign(config, { endpoint: S3_ENDPOINT, forcePathStyle: true });
    // Without keys the SDK's own chain is used: the environment's role, instance or container.
    if (S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY) {
      config.credentials = { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY };
    }
    return { sdk, client: new sdk.S3Client(config) };
  }
}
