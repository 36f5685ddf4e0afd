import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FILES = ['main.ts', ...sourcesUnder('src')];

/** Packages that live in one place alone: DESIGN section 2. */
const HOMES: Readonly<Record<string, string>> = {
  'js-yaml': 'src/config/',
  '@tensorflow/': 'src/components/traffic-predictor/',
  fastify: 'src/api/',
  '@fastify/': 'src/api/',
  'prom-client': 'src/api/',
  libsql: 'src/store/',
  '@kubernetes/client-node': 'src/utils/kubernetes-utils/',
  pino: 'main.ts',
};

interface Import {
  readonly from: string;
  /** A path from the root for our own files, else the name of the package. */
  readonly to: string;
}

const IMPORTS = FILES.flatMap(importsOf);

describe('the walls of the house', () => {
  it('sees the imports that are there', () => {
    expect(IMPORTS).toContainEqual({ from: 'main.ts', to: 'src/app.ts' });
    expect(IMPORTS.filter(({ to }) => to.startsWith('src/')).length).toBeGreaterThan(100);
    for (const name of Object.keys(HOMES)) {
      expect(
        IMPORTS.some(({ to }) => to.startsWith(name)),
        name,
      ).toBe(true);
    }
  });

  it('lets models import nothing of ours but models', () => {
    expect(crossings('src/models/', (to) => to.startsWith('src/models/'))).toEqual([]);
  });

  it('lets no component import another part', () => {
    for (const component of [
      'traffic-monitor',
      'traffic-predictor',
      'performance-quantifier',
      'resource-allocator',
    ]) {
      const own = `src/components/${component}/`;
      expect(crossings(own, (to) => allowedEverywhere(to) || to.startsWith(own))).toEqual([]);
    }
  });

  it('lets control, api, config, store, sources and utils meet through models alone', () => {
    for (const own of [
      'src/control/',
      'src/api/',
      'src/config/',
      'src/store/',
      'src/sources/',
      'src/utils/',
    ]) {
      expect(crossings(own, (to) => allowedEverywhere(to) || to.startsWith(own))).toEqual([]);
    }
  });

  it('lets only app.ts know every part, and only main.ts know app, api and config together', () => {
    const knowComponents = IMPORTS.filter(
      ({ from, to }) => to.startsWith('src/components/') && !from.startsWith('src/components/'),
    );
    expect(new Set(knowComponents.map(({ from }) => from))).toEqual(new Set(['src/app.ts']));
    const knowServer = IMPORTS.filter(
      ({ from, to }) => to.startsWith('src/api/') && !from.startsWith('src/api/'),
    );
    expect(new Set(knowServer.map(({ from }) => from))).toEqual(new Set(['main.ts']));
  });

  it('keeps each package in its home', () => {
    for (const [name, home] of Object.entries(HOMES)) {
      const matches = (to: string) => to === name || to.startsWith(name.endsWith('/') ? name : `${name}/`);
      const strays = IMPORTS.filter(({ from, to }) => matches(to) && !from.startsWith(home));
      expect(strays).toEqual([]);
    }
  });

  it('reads the environment of the process in main.ts alone', () => {
    const readers = FILES.filter((file) =>
      /process\s*\.\s*env\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(readers).toEqual(['main.ts']);
  });
});

function allowedEverywhere(to: string): boolean {
  return to.startsWith('src/models/') || to === 'src/utils/random.ts' || to === 'src/utils/system-clock.ts';
}

/** Imports of our own files out of a folder that are not allowed. */
function crossings(folder: string, allowed: (to: string) => boolean): Import[] {
  return IMPORTS.filter(({ from, to }) => from.startsWith(folder) && to.startsWith('src/') && !allowed(to));
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const matches = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\bnew URL\(\s*['"](\.[^'"]+)['"]/g,
  );
  return [...matches].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    return { from: file, to: target.startsWith('.') ? normalize(join(dirname(file), target)) : target };
  });
}
