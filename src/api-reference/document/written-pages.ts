import { readdirSync, readFileSync } from 'node:fs';

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
 * The pages that come before the endpoints (introduction, authentication, …), joined in the order of their file names.
 * Each begins with a heading of the first level: its name in the sidebar.
 */
export const readPages = (): string => markdownIn(new URL('../pages/', import.meta.url)).join('\n\n');

/** The overviews of the sections, in the order of their file names; the first line is the heading, the tag's name. */
export function readSections(): WrittenSection[] {
  return markdownIn(new URL('../sections/', import.meta.url)).map((text) => {
    const [heading = '', ...rest] = text.split('\n');
    return { name: heading.replace(/^#\s*/, ''), text: rest.join('\n').trim() };
  });
}
