/** The real Prometheus of Debian's packages, for tests. `.ci/prometheus` unpacks it where it is not installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';

export type PrometheusTool = 'prometheus' | 'promtool';

const UNPACKED = join(import.meta.dirname, '../node_modules/.cache/prometheus/usr/bin');

/** Path of the program: on the PATH, else unpacked by `.ci/prometheus`; undefined when it is in neither. */
export function prometheusTool(name: PrometheusTool): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), UNPACKED].filter((each) => each !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** `describe` for tests that need the program: skipped with a loud line where it is missing, a failure in CI. */
export function describeWith(name: PrometheusTool, title: string, body: (path: string) => void): void {
  const path = prometheusTool(name);
  if (path !== undefined) {
    describe(title, () => body(path));
    return;
  }
  const missing = `${name} is missing: run .ci/prometheus (needs apt-get) or install Debian's prometheus`;
  if (process.env['CI'] === 'true') {
    describe(title, () => {
      it(`has ${name}`, () => {
        throw new Error(missing);
      });
    });
    return;
  }
  console.warn(`SKIPPED, ${title}: ${missing}`);
  describe.skip(title, () => body(''));
}

/** Resolves when it answers queries; from when it listens until then it says 503, and no JSON. */
export async function prometheusReady(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const response = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(50);
  }
  throw new Error('Prometheus does not get ready');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
