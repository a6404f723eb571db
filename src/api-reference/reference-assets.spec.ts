import { gunzipSync } from 'node:zlib';
import { isAssetName, ReferenceAssets } from './reference-assets.js';

describe('the files of the reference page', () => {
  const assets = new ReferenceAssets();

  it('are there when the program runs from its sources', async () => {
    const viewer = await assets.get('scalar.js');
    expect(viewer.contentType).toBe('text/javascript; charset=utf-8');
    expect(viewer.body.length).toBeGreaterThan(1_000_000);
  });

  it('are compressed without loss', async () => {
    const { body, gzipped } = await assets.get('reference.js');
    expect(gunzipSync(gzipped).equals(body)).toBe(true);
    expect(gzipped.length).toBeLessThan(body.length);
  });

  it('are asked for by the page under the version of their content', async () => {
    const html = await assets.page();
    for (const name of ['scalar.js', 'reference.js', 'favicon.svg'] as const) {
      expect(html).toContain(`/docs/assets/${name}?v=${(await assets.get(name)).version}"`);
    }
    expect(html).not.toContain('{{');
  });

  it('name no other host in the page', async () => {
    expect(await assets.page()).not.toMatch(/https?:|src="\/\//);
  });

  it.each(['', '..', 'reference.html', '__proto__', 'toString', 'scalar.js/'])('do not include %j', (name) => {
    expect(isAssetName(name)).toBe(false);
  });
});
