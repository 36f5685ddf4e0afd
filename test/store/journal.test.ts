import { expect, test } from 'vitest';
import type { Connection } from '../../src/store/connection.ts';
import { scalar } from '../../src/store/connection.ts';
import { SqliteHistoryStore } from '../../src/store/history-store.ts';
import { Journal } from '../../src/store/journal.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { newFolder, openStore, warningLog } from './folders.ts';
import { capacity, decision, stepRow, usage, windowRow } from './samples.ts';

/** A journal on a database file that can be kept from growing, as a full disk does. */
function journalOnSmallDisk() {
  const folder = newFolder();
  const connection = openDatabase(folder, undefined);
  const errors: object[] = [];
  const logger = { ...warningLog(), error: (fields: object) => errors.push(fields) };
  return { folder, errors, connection, journal: new Journal(new SqliteHistoryStore(connection), logger) };
}

function fill(connection: Connection): void {
  connection.pragma(`max_page_count = ${Number(scalar(connection, 'PRAGMA page_count'))}`);
}

function makeRoom(connection: Connection): void {
  connection.pragma('max_page_count = 1000000');
}

/** Too much for the room that is left in the pages of an empty history. */
function bigWindow(start: number, byte = 1) {
  return { ...windowRow(start), payload: new Uint8Array(20_000).fill(byte) };
}

test('a full disk throws nothing at who writes, is told once, and nothing is lost when there is room again', () => {
  const { journal, connection, errors, folder } = journalOnSmallDisk();
  fill(connection);
  journal.saveWindows([bigWindow(60)]);
  expect(journal.failing).toBe(true);
  journal.saveWindows([bigWindow(120)]);
  journal.saveSteps([stepRow('shop', 60)]);
  journal.saveUsage([usage('web', 61)]);
  journal.saveCapacity(capacity('web', 62));
  journal.saveDecision(decision('one', 63));
  journal.saveStates([{ name: 'profiles/web', value: new Uint8Array([7]) }]);
  journal.retry();
  expect(journal.failing).toBe(true);
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).toContain('full');

  makeRoom(connection);
  journal.retry();
  expect(journal.failing).toBe(false);
  journal.close();
  const again = openStore(folder);
  expect([...again.loadWindows(0)]).toEqual([bigWindow(60), bigWindow(120)]);
  expect([...again.loadSteps(0)]).toEqual([stepRow('shop', 60)]);
  expect([...again.loadUsage(0)]).toEqual([usage('web', 61)]);
  expect([...again.loadCapacities(0)]).toEqual([capacity('web', 62)]);
  expect(again.loadDecisions({ limit: 2 })).toEqual([decision('one', 63)]);
  expect(again.loadState('profiles/web')).toEqual(new Uint8Array([7]));
});

test('while the disk is full the newest version of a row waits alone', () => {
  const { journal, connection, folder } = journalOnSmallDisk();
  fill(connection);
  const written: number[] = [];
  const store = new SqliteHistoryStore(connection);
  for (let byte = 0; byte < 5; byte += 1) journal.saveWindows([bigWindow(60, byte)]);
  makeRoom(connection);
  journal.retry();
  for (const { payload } of store.loadWindows(0)) written.push(payload[0]!);
  expect(written).toEqual([4]);
  journal.close();
  expect([...openStore(folder).loadWindows(0)]).toEqual([bigWindow(60, 4)]);
});

test('what is written directly does not overtake what waits', () => {
  const { journal, connection, folder } = journalOnSmallDisk();
  fill(connection);
  journal.saveWindows([bigWindow(60, 1)]);
  makeRoom(connection);
  journal.saveWindows([bigWindow(60, 2)]);
  journal.retry();
  journal.close();
  expect([...openStore(folder).loadWindows(0)]).toEqual([bigWindow(60, 2)]);
});

test('closing on a full disk says how much is lost, and throws nothing', () => {
  const { journal, connection, errors } = journalOnSmallDisk();
  fill(connection);
  journal.saveWindows([bigWindow(60), bigWindow(120)]);
  journal.close();
  expect(errors).toContainEqual({ lost: 2 });
});

test('what waits is bounded: the oldest rows make room, and are counted', () => {
  const { journal, connection, folder } = journalOnSmallDisk();
  fill(connection);
  journal.saveWindows([bigWindow(60)]);
  for (let at = 1; at <= 150; at += 1) journal.saveDecision(decision(`${at}`, at));
  expect(journal.status).toMatchObject({ waiting: 101, dropped: 50 });
  expect(journal.status.failure).toContain('full');
  makeRoom(connection);
  journal.retry();
  expect(journal.status).toEqual({ failure: undefined, waiting: 0, dropped: 50 });
  journal.close();
  const kept = openStore(folder).loadDecisions({ limit: 200 });
  expect(kept.map(({ atSeconds }) => atSeconds)).toEqual(
    Array.from({ length: 100 }, (_, index) => 150 - index),
  );
});
