/** Faults that are brought about in the daemon's own process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs code in every thread of the daemon before its own. */
export function withCode(folder: string, code: string): Record<string, string> {
  const file = join(folder, `${Math.abs(hash(code))}.mjs`);
  writeFileSync(
    file,
    `import { isMainThread } from 'node:worker_threads';\nimport { existsSync } from 'node:fs';\n${code}`,
  );
  return { NODE_OPTIONS: `--import=${file}` };
}

export function hash(text: string): number {
  return [...text].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, 7);
}
