import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newFolder, openStore, reopened } from './folders.ts';
import { capacity, decision, stepRow, usage, windowRow } from './samples.ts';

test('a new history is empty', () => {
  const store = openStore();
  expect([...store.loadWindows(0)]).toEqual([]);
  expect([...store.loadSteps(0)]).toEqual([]);
  expect([...store.loadUsage(0)]).toEqual([]);
  expect([...store.loadCapacities(0)]).toEqual([]);
  expect(store.loadDecisions({ limit: 10 })).toEqual([]);
  expect(store.loadState('profiles')).toBeUndefined();
});

test('everything is there after a restart', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveWindows([windowRow(60), windowRow(60, '')]);
  store.saveSteps([stepRow('shop', 60)]);
  store.saveUsage([usage('web', 61.5)]);
  store.saveCapacity(capacity('web', 62.25, 0.1));
  store.saveDecision(decision('one', 63, { web: 'shrink' }));
  store.saveState('profiles', new Uint8Array([7, 8]));

  const again = reopened(store, folder);
  expect([...again.loadWindows(0)]).toEqual([windowRow(60, ''), windowRow(60)]);
  expect([...again.loadSteps(0)]).toEqual([stepRow('shop', 60)]);
  expect([...again.loadUsage(0)]).toEqual([usage('web', 61.5)]);
  expect([...again.loadCapacities(0)]).toEqual([capacity('web', 62.25, 0.1)]);
  expect(again.loadDecisions({ limit: 1 })).toEqual([decision('one', 63, { web: 'shrink' })]);
  expect(again.loadState('profiles')).toEqual(new Uint8Array([7, 8]));
});

test('how often a service was throttled is there after a restart', () => {
  const folder = newFolder();
  const store = openStore(folder);
  const sample = { service: 'web', atSeconds: 61, cpu: 0.5, throttledRatio: 0.25 };
  store.saveUsage([sample]);
  expect([...reopened(store, folder).loadUsage(0)]).toEqual([sample]);
});

test('states are found by how their names begin', () => {
  const store = openStore();
  const state = (name: string, value: number) => ({ name, value: new Uint8Array([value]) });
  store.saveStates([state('p/b', 1), state('p/%', 2), state('q/a', 3), state('p', 4)]);
  expect([...store.loadStates('p/')]).toEqual([state('p/%', 2), state('p/b', 1)]);
});

test('what is saved under a key replaces what was there', () => {
  const store = openStore();
  for (const value of [1, 2]) {
    store.saveWindows([windowRow(60, 'web', 'shop', value)]);
    store.saveSteps([stepRow('shop', 60, value)]);
    store.saveUsage([{ service: 'web', atSeconds: 5, cpu: value }]);
    store.saveCapacity(capacity('web', 9, value));
    store.saveState('profiles', new Uint8Array([value]));
    store.saveDecision({ ...decision('one', 7), cost: value });
  }
  expect([...store.loadWindows(0)]).toEqual([windowRow(60, 'web', 'shop', 2)]);
  expect([...store.loadSteps(0)]).toEqual([stepRow('shop', 60, 2)]);
  expect([...store.loadUsage(0)]).toEqual([{ service: 'web', atSeconds: 5, cpu: 2 }]);
  expect([...store.loadCapacities(0)]).toEqual([capacity('web', 9, 2)]);
  expect(store.loadState('profiles')).toEqual(new Uint8Array([2]));
  expect(store.loadDecisions({ limit: 5 }).map(({ cost }) => cost)).toEqual([2]);
});

test('what is not known stays not known', () => {
  const store = openStore();
  const gap = {
    chain: 'shop',
    startSeconds: 60,
    rate: Number.NaN,
    latency: Number.NaN,
    errorRatio: Number.NaN,
  };
  store.saveSteps([gap]);
  store.saveUsage([{ service: 'web', atSeconds: 1, memory: 3 }]);
  expect([...store.loadSteps(0)]).toEqual([gap]);
  expect([...store.loadUsage(0)]).toEqual([{ service: 'web', atSeconds: 1, memory: 3 }]);
});

test('loading begins with the asked second', () => {
  const store = openStore();
  store.saveWindows([60, 120, 180].map((start) => windowRow(start)));
  store.saveSteps([60, 120, 180].map((start) => stepRow('shop', start)));
  store.saveUsage([60, 120, 180].map((at) => usage('web', at)));
  expect([...store.loadWindows(120)].map(({ startSeconds }) => startSeconds)).toEqual([120, 180]);
  expect([...store.loadSteps(120)].map(({ startSeconds }) => startSeconds)).toEqual([120, 180]);
  expect([...store.loadUsage(121)].map(({ atSeconds }) => atSeconds)).toEqual([180]);
});

test('steps come ordered by chain, then start', () => {
  const store = openStore();
  store.saveSteps([stepRow('b', 60), stepRow('a', 120), stepRow('b', 0), stepRow('a', 60)]);
  expect([...store.loadSteps(0)].map(({ chain, startSeconds }) => `${chain}${startSeconds}`)).toEqual([
    'a60',
    'a120',
    'b0',
    'b60',
  ]);
});

test('the capacity that was in force at the asked second comes with those since', () => {
  const store = openStore();
  for (const since of [10, 20, 30]) store.saveCapacity(capacity('web', since));
  store.saveCapacity(capacity('db', 5));
  store.saveCapacity(capacity('new', 40));
  expect(store.loadCapacities(25).map(({ service, sinceSeconds }) => `${service}${sinceSeconds}`)).toEqual([
    'db5',
    'new40',
    'web20',
    'web30',
  ]);
});

test('capacities come back as they were told, also when the clock was set back in between', () => {
  const store = openStore();
  for (const since of [50, 10, 20]) store.saveCapacity(capacity('web', since));
  const told = (since: number) => store.loadCapacities(since).map(({ sinceSeconds }) => sinceSeconds);
  expect(told(0)).toEqual([50, 10, 20]);
  expect(told(15)).toEqual([10, 20]);
  expect(told(60)).toEqual([20]);
  store.prune(0, 15);
  expect(told(0)).toEqual([10, 20]);
});

test('any rows in any order come back sorted and whole', () => {
  const row = fc.record({
    service: fc.string({ maxLength: 3 }),
    chain: fc.string({ maxLength: 3 }),
    startSeconds: fc.nat(10).map((n) => n * 60),
    payload: fc.uint8Array({ maxLength: 20 }),
  });
  const key = (r: { service: string; chain: string; startSeconds: number }) =>
    JSON.stringify([r.startSeconds, r.service, r.chain]);
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: key, maxLength: 130 }), (rows) => {
      const store = openStore();
      store.saveWindows(rows);
      const loaded = [...store.loadWindows(0)];
      expect(new Map(loaded.map((r) => [key(r), r]))).toEqual(new Map(rows.map((r) => [key(r), r])));
      expect(loaded.map((r) => r.startSeconds)).toEqual(
        rows.map((r) => r.startSeconds).sort((a, b) => a - b),
      );
      store.close();
    }),
    { seed: 1, numRuns: 15 },
  );
});

test('a save that fails keeps nothing of itself', () => {
  const store = openStore();
  const broken = { ...windowRow(120), payload: JSON.parse('null') };
  expect(() => store.saveWindows([windowRow(60), broken])).toThrow(/NOT NULL/);
  expect([...store.loadWindows(0)]).toEqual([]);
  store.saveWindows([windowRow(60)]);
  expect([...store.loadWindows(0)]).toHaveLength(1);
});

test('saving goes on while a reader is half way', () => {
  const store = openStore();
  store.saveWindows(Array.from({ length: 500 }, (_, i) => windowRow(i * 60)));
  let read = 0;
  for (const _row of store.loadWindows(0)) {
    if (++read === 250) store.saveWindows([windowRow(999_960)]);
  }
  expect(read).toBeGreaterThanOrEqual(500);
  expect([...store.loadWindows(999_960)]).toHaveLength(1);
});

test('a reader that stops early does not keep the history from closing', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveWindows(Array.from({ length: 500 }, (_, i) => windowRow(i * 60)));
  for (const row of store.loadWindows(0)) if (row.startSeconds === 600) break;
  expect([...reopened(store, folder).loadWindows(0)]).toHaveLength(500);
});

test('pruning takes windows and the rest by their own time, and never what a restart needs', () => {
  const store = openStore();
  for (const at of [60, 120, 180]) {
    store.saveWindows([windowRow(at)]);
    store.saveSteps([stepRow('shop', at)]);
    store.saveUsage([usage('web', at)]);
    store.saveCapacity(capacity('web', at));
    store.saveDecision(decision(`at ${at}`, at, { web: 'grow' }));
  }
  store.saveState('profiles', new Uint8Array([1]));

  store.prune(180, 150);
  expect([...store.loadWindows(0)].map(({ startSeconds }) => startSeconds)).toEqual([180]);
  expect([...store.loadSteps(0)].map(({ startSeconds }) => startSeconds)).toEqual([180]);
  expect([...store.loadUsage(0)].map(({ atSeconds }) => atSeconds)).toEqual([180]);
  // 120 was in force at 150.
  expect(store.loadCapacities(0).map(({ sinceSeconds }) => sinceSeconds)).toEqual([120, 180]);
  expect(store.loadDecisions({ limit: 9, service: 'web' }).map(({ id }) => id)).toEqual(['at 180']);

  store.prune(1e9, 1e9);
  expect([...store.loadWindows(0)]).toEqual([]);
  expect(store.loadCapacities(0).map(({ sinceSeconds }) => sinceSeconds)).toEqual([180]);
  expect(store.loadDecisions({ limit: 9 }).map(({ id }) => id)).toEqual(['at 180']);
  expect(store.loadState('profiles')).toEqual(new Uint8Array([1]));
});

test('room that pruning has freed is used again', () => {
  const store = openStore();
  const fill = (start: number) =>
    store.saveWindows(Array.from({ length: 2000 }, (_, i) => windowRow(start, `service ${i}`)));
  fill(60);
  const full = store.sizeBytes();
  for (let start = 120; start <= 1200; start += 60) {
    store.prune(start, 0);
    fill(start);
  }
  expect(store.sizeBytes()).toBeLessThan(2 * full);
});

test('closing twice does nothing', () => {
  const store = openStore();
  store.close();
  store.close();
});
