import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../auth-scopes/decorators.js';
import { notFound } from '../platform/http/api-error.js';
import { ApiReference } from './api-reference.js';
import { type Asset, isAssetName } from './reference-assets.js';

/**
 * Nothing but our own files; `data:` and `blob:` images are what the viewer draws and what a try-it answers. The viewer
 * writes its styles into the page, hence 'unsafe-inline' for styles; scripts come from files alone.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

/** The API reference: the OpenAPI document and a page that shows it, without any other host. */
@Controller()
@Public()
@ApiExcludeController()
export class ApiReferenceController {
  constructor(private readonly reference: ApiReference) {}

  @Get('openapi.json')
  async openApi(@Req() request: Request, @Res() response: Response): Promise<void> {
    // Readable by any page: editors and code generators load it from elsewhere; nothing in it is secret.
    response.set('Access-Control-Allow-Origin', '*');
    send(request, response, await this.reference.openApi(), ASK_AGAIN);
  }

  @Get('docs')
  async page(@Res() response: Response): Promise<void> {
    response
      .set('Content-Security-Policy', PAGE_POLICY)
      .set('Cache-Control', ASK_AGAIN)
      .type('html')
      .send(await this.reference.page());
  }

  @Get('docs/assets/:name')
  async asset(
    @Param('name') name: string,
    @Query('v') version: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (!isAssetName(name)) throw notFound();
    const asset = await this.reference.asset(name);
    send(request, response, asset, version === asset.version ? FOR_EVER : ASK_AGAIN);
  }
}

function send(request: Request, response: Response, asset: Asset, cacheControl: string): void {
  response
    .set('Content-Type', asset.contentType)
    .set('Cache-Control', cacheControl)
    .set('ETag', `W/"${asset.version}"`)
    .vary('Accept-Encoding');
  if (request.acceptsEncodings('gzip') === 'gzip') {
    response.set('Content-Encoding', 'gzip').send(asset.gzipped);
  } else {
    response.send(asset.body);
  }
}
