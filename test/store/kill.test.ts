import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/utils/random.ts';
import { newFolder, openStore } from './folders.ts';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));
const random = seededRandom(7);

/** Lets a writer run, kills it with SIGKILL some rounds later, and answers the last round that it said was saved. */
async function killedAfter(rounds: number, folder: string): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = 0;
  let left = rounds;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    if (--left === 0) child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return said;
}

test('what was saved is there after kill -9, in whole transactions, and the folder is free at once', async () => {
  const folder = newFolder();
  for (let kill = 0; kill < 3; kill++) {
    const said = await killedAfter(1 + Math.floor(random() * 60), folder);
    const store = openStore(folder);
    const decisions = store.loadDecisions({ limit: 1e6 }).map(({ atSeconds }) => atSeconds);
    const newest = decisions[0] ?? 0;
    expect(newest).toBeGreaterThanOrEqual(said);
    expect(decisions).toEqual(Array.from({ length: newest }, (_, i) => newest - i));

    const perStart = new Map<number, number>();
    for (const { startSeconds } of store.loadWindows(0)) {
      perStart.set(startSeconds, (perStart.get(startSeconds) ?? 0) + 1);
    }
    expect(new Set(perStart.values())).toEqual(new Set([120]));
    for (const count of [perStart.size, [...store.loadSteps(0)].length, [...store.loadUsage(0)].length]) {
      expect([newest, newest + 1]).toContain(count);
    }
    store.close();
  }
});
