import type { Application } from 'express';

type Layer = Application['router']['stack'][number];

/** Express' layers know which paths they match; its types do not say so. */
const knowsPaths = (layer: Layer): layer is Layer & { match(path: string): unknown } =>
  'match' in layer && typeof layer.match === 'function';

/** The methods that routes of this path answer, for the Allow header of RFC 9110; empty when there is no such path. */
export function allowedMethods(app: Application, path: string): string[] {
  const methods = new Set<string>();
  for (const layer of app.router.stack) {
    if (!layer.route || !knowsPaths(layer) || !layer.match(path)) continue;
    for (const handler of layer.route.stack) methods.add(handler.method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods].sort();
}
