import { type INestApplication, Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { apiDocument } from './document/api-document.js';
import { type Asset, type AssetName, prepareAsset, ReferenceAssets } from './reference-assets.js';

/** What /openapi.json and /docs serve. */
@Injectable()
export class ApiReference {
  private readonly assets = new ReferenceAssets();
  private document: OpenAPIObject | undefined;
  private serialized: Promise<Asset> | undefined;
  private html: Promise<string> | undefined;

  /**
   * Makes the document from the controllers of `app`. Called once by whoever starts the program, when all modules are
   * loaded and the public address is known.
   *
   * @throws Error when an endpoint is described so that no complete document can be made of it
   */
  describe(app: INestApplication, publicUrl: string): OpenAPIObject {
    this.document = apiDocument(app, publicUrl);
    this.serialized = undefined;
    return this.document;
  }

  /** The document as it is sent. */
  openApi(): Promise<Asset> {
    if (!this.document) throw new Error('ApiReference.describe() was not called');
    this.serialized ??= prepareAsset(Buffer.from(JSON.stringify(this.document)), 'application/json; charset=utf-8');
    return this.serialized;
  }

  page(): Promise<string> {
    this.html ??= this.assets.page();
    return this.html;
  }

  asset(name: AssetName): Promise<Asset> {
    return this.assets.get(name);
  }
}
