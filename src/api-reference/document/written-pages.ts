import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAssetName } from '../reference-assets.js';

/** A section of the reference whose text stands in `sections/`: the overview of a group of endpoints. */
export interface WrittenSection {
  /** Name of the tag that its endpoints carry. */
  readonly name: string;
  readonly text: string;
}

const markdownIn = (folder: URL): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8').trim());

/**
 * The pages that come before the endpoints (introduction, authentication, …) and the guides, each in the order of file names.
 * Each begins with a heading of the first level: its name in the sidebar.
 */
export const readPages = (): string =>
  [...markdownIn(new URL('../pages/', import.meta.url)), ...readGuides()].join('\n\n');

/** The guides for tenants in docs/guides, in the order of the sidebar. */
export const GUIDES = ['webhooks', 'verifying-webhooks', 'n8n', 'woocommerce', 'shopify'];

const guide = (name: string): string => readFileSync(new URL(`docs/guides/${name}.md`, checkout()), 'utf8').trim();

function readGuides(): string[] {
  return GUIDES.map((name) =>
    guide(name).replaceAll(/\]\(([^)#:]+)(#[^)]*)?\)/g, (_link, path: string) => `](${placeInReference(path)})`),
  );
}

/** Where the page of the reference has what a guide refers to by its path. */
function placeInReference(path: string): string {
  const [file = ''] = path.split('/').slice(-1);
  const name = file.replace(/\.md$/, '');
  if (GUIDES.includes(name)) return `#description/${headingSlug(guide(name))}`;
  if (isAssetName(file)) return `docs/assets/${file}`;
  throw new Error(`A guide refers to ${path}, which the reference does not have`);
}

const headingSlug = (text: string): string =>
  (text.split('\n')[0] ?? '').replace(/^#\s*/, '').toLowerCase().replaceAll(/\W+/g, '-');

/** Pages are read by the build and by tests, from the sources and from what was compiled: both lie in the checkout. */
function checkout(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('package.json', folder))) return folder;
    if (folder.pathname === '/') throw new Error('The API reference is made in a checkout');
  }
}

/** The overviews of the sections, in the order of their file names; the first line is the heading, the tag's name. */
export function readSections(): WrittenSection[] {
  return markdownIn(new URL('../sections/', import.meta.url)).map((text) => {
    const [heading = '', ...rest] = text.split('\n');
    return { name: heading.replace(/^#\s*/, ''), text: rest.join('\n').trim() };
  });
}
