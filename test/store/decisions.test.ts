import { expect, test } from 'vitest';
import { decodeDecision, encodeDecision } from '../../src/store/decision-codec.ts';
import { openStore } from './folders.ts';
import { decision } from './samples.ts';

const ids = (decisions: readonly { readonly id: string }[]) => decisions.map(({ id }) => id).join(' ');

function storeWithFive() {
  const store = openStore();
  store.saveDecision(decision('a', 10, { web: 'grow', db: 'keep' }));
  store.saveDecision(decision('b', 20, { web: 'hold', db: 'shrink' }));
  store.saveDecision(decision('c', 20, { web: 'reshape' }));
  // A clock that was set back.
  store.saveDecision(decision('d', 15));
  store.saveDecision(decision('e', 16, { web: 'shrink', db: 'shrink' }));
  return store;
}

test('decisions come newest first, in the order in which they were made', () => {
  const store = storeWithFive();
  expect(ids(store.loadDecisions({ limit: 10 }))).toBe('e d c b a');
  expect(ids(store.loadDecisions({ limit: 2 }))).toBe('e d');
});

test('pages follow each other without gap or overlap', () => {
  const store = storeWithFive();
  expect(ids(store.loadDecisions({ limit: 2, before: 'd' }))).toBe('c b');
  expect(ids(store.loadDecisions({ limit: 2, before: 'b' }))).toBe('a');
  expect(ids(store.loadDecisions({ limit: 2, before: 'a' }))).toBe('');
});

test('before a decision that is not there is nothing', () => {
  expect(storeWithFive().loadDecisions({ limit: 5, before: 'z' })).toEqual([]);
});

test('a service filter keeps the decisions that changed the service', () => {
  const store = storeWithFive();
  expect(ids(store.loadDecisions({ limit: 10, service: 'web' }))).toBe('e c a');
  expect(ids(store.loadDecisions({ limit: 10, service: 'db' }))).toBe('e b');
  expect(ids(store.loadDecisions({ limit: 1, service: 'web', before: 'e' }))).toBe('c');
  expect(ids(store.loadDecisions({ limit: 10, service: 'mail' }))).toBe('');
});

test('a decision saved again keeps its place, and its changes are those of the last time', () => {
  const store = storeWithFive();
  store.saveDecision(decision('a', 10, { db: 'grow' }));
  expect(ids(store.loadDecisions({ limit: 10 }))).toBe('e d c b a');
  expect(ids(store.loadDecisions({ limit: 10, service: 'web' }))).toBe('e c');
  expect(ids(store.loadDecisions({ limit: 10, service: 'db' }))).toBe('e b a');
});

test('numbers that JSON does not have survive', () => {
  const unusual = { ...decision('a', 1), cost: Number.NaN, lowerBound: Number.NEGATIVE_INFINITY };
  expect(decodeDecision(encodeDecision(unusual))).toEqual(unusual);
});

test('bytes that are no decision are refused', () => {
  expect(() => decodeDecision(new Uint8Array([1, 2, 3]))).toThrow();
  expect(() => decodeDecision(encodeDecision(JSON.parse('{"id":"x"}')))).toThrow(/cannot be read/);
});
