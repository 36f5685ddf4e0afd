import { expect, test } from 'vitest';
import type { ChangeRecord } from '../../src/models/changes.ts';
import { newFolder, openStore, reopened } from './folders.ts';
import { change } from './samples.ts';

const ids = (changes: readonly ChangeRecord[]) => changes.map((one) => `${one.decision}/${one.service}`);

test('changes come back newest first, of all services or of one, after a restart too', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveChange(change('d1', 'web', 10));
  store.saveChange(change('d1', 'db', 10));
  store.saveChange(change('d2', 'web', 20));
  const again = reopened(store, folder);
  expect(ids(again.loadChanges({ limit: 9 }))).toEqual(['d2/web', 'd1/db', 'd1/web']);
  expect(ids(again.loadChanges({ limit: 1, service: 'web' }))).toEqual(['d2/web']);
  expect(again.loadChanges({ limit: 1 })).toEqual([change('d2', 'web', 20)]);
});

test('a change that ended takes the place of the one that was begun', () => {
  const store = openStore();
  store.saveChange(change('d1', 'web', 10));
  store.saveChange(change('d2', 'web', 20));
  store.saveChange({ ...change('d1', 'web', 10), status: 'applied', finishedSeconds: 15 });
  expect(store.loadChanges({ limit: 9 }).map(({ status }) => status)).toEqual(['writing', 'applied']);
});

test('pruning keeps the newest change of each service', () => {
  const store = openStore();
  store.saveChange(change('d1', 'web', 10));
  store.saveChange(change('d1', 'db', 10));
  store.saveChange(change('d2', 'web', 20));
  store.prune(100, 100);
  expect(ids(store.loadChanges({ limit: 9 }))).toEqual(['d2/web', 'd1/db']);
});
