import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { type Asset, type AssetName, prepareAsset, ReferenceAssets } from './reference-assets.js';

/** Where the build leaves the OpenAPI document (src/describe.ts). */
export const DOCUMENT_FILE = new URL('./openapi.json', import.meta.url);

/** Stands in that document for the address under which the API is reached. */
export const DESCRIBED_ADDRESS = 'https://address-of-the-api.invalid';

/**
 * What /openapi.json and /docs serve. The document is made by the build: making it takes half a second of the processor,
 * and every start would pay for it.
 */
@Injectable()
export class ApiReference {
  private readonly assets = new ReferenceAssets();
  private address: string | undefined;
  private document: Promise<Asset> | undefined;
  private html: Promise<string> | undefined;

  /** Called once by whoever starts the program, when the public address is known. */
  servedAt(publicUrl: string): void {
    this.address = publicUrl;
    this.document = undefined;
  }

  /** The document as it is sent. */
  openApi(): Promise<Asset> {
    this.document ??= this.readDocument();
    return this.document;
  }

  page(): Promise<string> {
    this.html ??= this.assets.page();
    return this.html;
  }

  asset(name: AssetName): Promise<Asset> {
    return this.assets.get(name);
  }

  private async readDocument(): Promise<Asset> {
    if (this.address === undefined) throw new Error('ApiReference.servedAt() was not called');
    const inJson = JSON.stringify(this.address).slice(1, -1);
    const text = (await readFile(DOCUMENT_FILE, 'utf8')).replaceAll(DESCRIBED_ADDRESS, () => inJson);
    return prepareAsset(Buffer.from(text), 'application/json; charset=utf-8');
  }
}
