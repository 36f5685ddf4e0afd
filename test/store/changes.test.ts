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

test('changes are answered by what became of them, of all services or of one', () => {
  const store = openStore();
  store.saveChange({ ...change('d1', 'web', 10), status: 'applied' });
  store.saveChange({ ...change('d1', 'db', 10), status: 'failed' });
  for (let at = 20; at < 30; at += 1)
    store.saveChange({ ...change(`d${at}`, 'web', at), status: 'held', detail: `Reason ${at}.` });
  const statuses = ['applied', 'failed'] as const;
  expect(ids(store.loadChanges({ limit: 2, statuses }))).toEqual(['d1/db', 'd1/web']);
  expect(ids(store.loadChanges({ limit: 2, service: 'web', statuses }))).toEqual(['d1/web']);
  expect(store.loadChanges({ limit: 2, service: 'web', statuses: ['restored'] })).toEqual([]);
});

test('a change that is begun again is the newest, also after a restart', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveChange({ ...change('undo-d1', 'web', 10), status: 'restored' });
  store.saveChange({ ...change('d2', 'web', 20), status: 'restored' });
  store.saveChange(change('undo-d1', 'web', 30));
  store.saveChange({ ...change('d2', 'db', 40), status: 'held' });
  const again = reopened(store, folder);
  expect(
    again.loadChanges({ limit: 9, service: 'web' }).map(({ decision, status }) => [decision, status]),
  ).toEqual([
    ['undo-d1', 'writing'],
    ['d2', 'restored'],
  ]);
});
