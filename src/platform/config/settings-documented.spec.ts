import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { Settings } from './settings.js';

const read = (name: string): string => readFileSync(join(process.cwd(), name), 'utf8');

/** Every setting that the program knows. */
const names = [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(Settings, '', true, false)
      .map(({ propertyName }) => propertyName),
  ),
].sort();

/** Defaults by name, as text; development's. */
const defaults = Object.entries(new Settings()).filter(([, value]) => value !== undefined && value !== '');

/** Variables of compose.yaml and of the launcher, which the program itself does not read. */
const NOT_OURS_IN_EXAMPLE = ['API_PORT', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'];

/** The image's own, or of scripts: an operator who uses compose.yaml does not choose them. */
const NOT_CHOSEN_IN_COMPOSE = ['HOST', 'PORT', 'READY_FILE'];

it('every setting has a rule: what has none would not be read', () => {
  expect(names).toEqual(expect.arrayContaining(Object.keys(new Settings())));
});

describe('the documentation of the settings', () => {
  const configuration = read('docs/configuration.md').split('## Only in development')[0] ?? '';
  const rows = [...configuration.matchAll(/^\| `([A-Z0-9_]+)` +\| ([^|]+?) +\|/gm)];

  it('lists exactly the settings in docs/configuration.md', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(names);
  });

  it('states the defaults that the program has', () => {
    const stated = new Map(rows.map(([, name, value]) => [name, value?.replaceAll('`', '')]));
    for (const [name, value] of defaults)
      expect({ name, value: stated.get(name) }).toEqual({ name, value: String(value) });
  });

  it('lists exactly the settings in .env.example', () => {
    const listed = [...read('.env.example').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? '');
    expect(listed.filter((name) => !NOT_OURS_IN_EXAMPLE.includes(name)).sort()).toEqual(names);
  });

  it('shows the defaults in .env.example', () => {
    const shown = new Map(
      [...read('.env.example').matchAll(/^#([A-Z][A-Z0-9_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
    );
    for (const [name, value] of defaults) {
      if (shown.has(name)) expect({ name, value: shown.get(name) }).toEqual({ name, value: String(value) });
    }
  });

  it('hands every setting on in compose.yaml, to the API and to the worker', () => {
    const compose = read('compose.yaml');
    const shared = /^ {2}environment: &settings\n((?: {4}.*\n|\n)+)/m.exec(compose)?.[1] ?? '';
    const handed = [...shared.matchAll(/^ {4}([A-Z0-9_]+): \S/gm)].map(([, name]) => name);
    expect([...handed, 'ROLE', ...NOT_CHOSEN_IN_COMPOSE].sort()).toEqual(names);
    for (const role of ['api', 'worker']) {
      expect(compose).toContain(
        `  ${role}:\n    <<: *platform\n    environment:\n      <<: *settings\n      ROLE: ${role}\n`,
      );
    }
  });

  it('takes each from the variable of its own name in compose.yaml', () => {
    const taken = [...read('compose.yaml').matchAll(/^ {4}([A-Z0-9_]+): \$\{([A-Z0-9_]+):[-?]/gm)];
    expect(taken.length).toBeGreaterThan(names.length / 2);
    for (const [, name, variable] of taken) expect(variable).toBe(name);
  });
});
