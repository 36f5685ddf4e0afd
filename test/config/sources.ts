/** Configurations for the tests, in a folder of their own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { ConfigError, type ConfigProblem } from '../../src/models/errors.ts';
import type { Settings } from '../../src/models/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'dta-slo-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

export function fileWith(text: string | Uint8Array): string {
  const file = join(folder, `${++files}.yaml`);
  writeFileSync(file, text);
  return file;
}

export function shippedFile(name = 'config.yaml'): string {
  return readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8');
}

/** Two services and one chain, with more text after it. */
export function base(more = ''): string {
  return `
services:
  web: { chains: [shop], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 }
  db: { chains: [shop], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 }
slos: { shop: 0.5 }
${more}`;
}

export function settingsOf(text: string, environment = {}, flags = {}): Settings {
  return loadSettings({ file: fileWith(text), flags, environment });
}

export function problemsOf(run: () => unknown): readonly ConfigProblem[] {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

/** `path: found, allowed` of every problem of a file. */
export function problemsOfFile(text: string | Uint8Array): string[] {
  const file = fileWith(text);
  return problemsOf(() => loadSettings({ file, flags: {}, environment: {} })).map((problem) => {
    if (problem.source !== file) throw new Error(`the problem names ${problem.source}, not the file`);
    return `${problem.path}: ${problem.found} | ${problem.allowed}`;
  });
}
