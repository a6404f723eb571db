import type { Request } from 'express';
import type { AssetStore } from '../media/asset-store.js';
import type { MediaLibrary } from '../media/media-library.js';
import type { RequestRecorder } from '../record/request-recorder.js';
import type { World } from '../world/world.js';

/** What the Graph routes work with. */
export interface GraphContext {
  readonly world: World;
  readonly store: AssetStore;
  readonly library: MediaLibrary;
  readonly recorder: RequestRecorder;
}

/** The address under which the client reached us, for links in answers. */
export function ownUrl(request: Request): string {
  return `http://${request.headers.host ?? 'localhost'}`;
}

export function queryOf(request: Request): URLSearchParams {
  return new URL(request.originalUrl, 'http://localhost').searchParams;
}

/** A parameter of a call: Graph takes them from the query and from the body alike. */
export function parameter(request: Request, name: string): unknown {
  const fromQuery = queryOf(request).get(name);
  if (fromQuery !== null) return fromQuery;
  const body: unknown = request.body;
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
