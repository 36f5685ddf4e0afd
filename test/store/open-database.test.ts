import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { disconnect } from '../../src/store/connection.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { HistoryStoreError } from '../../src/store/store-error.ts';
import { newFolder, openStore, warningLog } from './folders.ts';
import { capacity, stepRow, windowRow } from './samples.ts';

const DATABASE = 'history.db';

test('the folder is made, with all above it', () => {
  const folder = join(newFolder(), 'a', 'b');
  openStore(folder).close();
  // A clean stop leaves one file that can be copied as it is.
  expect(readdirSync(folder)).toEqual([DATABASE]);
});

test('a folder that cannot be made is named, with the reason', () => {
  const file = newFolder();
  writeFileSync(file, '');
  const folder = join(file, 'data');
  expect(() => openStore(folder)).toThrow(HistoryStoreError);
  expect(() => openStore(folder)).toThrow(new RegExp(`cannot make the history folder ${folder}: ENOTDIR`));
});

test('a database file that cannot be opened is named', () => {
  const folder = newFolder();
  mkdirSync(join(folder, DATABASE), { recursive: true });
  expect(() => openStore(folder)).toThrow(`cannot open the history ${join(folder, DATABASE)}`);
});

test('a second daemon on the same folder is told so, and the first goes on', () => {
  const folder = newFolder();
  const first = openStore(folder);
  expect(() => openStore(folder)).toThrow(`${join(folder, DATABASE)} is in use by another process`);
  first.saveWindows([windowRow(60)]);
  first.close();
  expect([...openStore(folder).loadWindows(0)]).toHaveLength(1);
});

test('a file of version 1 is read by this version', () => {
  const folder = newFolder();
  mkdirSync(folder);
  const old = new Database(join(folder, DATABASE));
  old.exec(`
    CREATE TABLE windows (start INTEGER NOT NULL, service TEXT NOT NULL, chain TEXT NOT NULL, payload BLOB NOT NULL,
      PRIMARY KEY (start, service, chain)) WITHOUT ROWID;
    CREATE TABLE steps (start INTEGER NOT NULL, chain TEXT NOT NULL, rate REAL, latency REAL, error_ratio REAL,
      PRIMARY KEY (start, chain)) WITHOUT ROWID;
    CREATE TABLE decisions (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL, body BLOB NOT NULL);
    CREATE INDEX decisions_by_time ON decisions (at);
    CREATE TABLE decision_changes (service TEXT NOT NULL,
      number INTEGER NOT NULL REFERENCES decisions (number) ON DELETE CASCADE,
      PRIMARY KEY (service, number)) WITHOUT ROWID;
    CREATE INDEX decision_changes_by_number ON decision_changes (number);
    CREATE TABLE capacities (service TEXT NOT NULL, since REAL NOT NULL, cpu REAL NOT NULL, memory REAL NOT NULL,
      instances INTEGER NOT NULL, source TEXT NOT NULL, PRIMARY KEY (service, since)) WITHOUT ROWID;
    CREATE TABLE usage (at REAL NOT NULL, service TEXT NOT NULL, cpu REAL, memory REAL,
      PRIMARY KEY (at, service)) WITHOUT ROWID;
    CREATE TABLE states (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    INSERT INTO steps VALUES (60, 'shop', 1.5, 0.25, 0);
    INSERT INTO capacities VALUES ('web', 5, 1, 512, 2, 'applied');
    PRAGMA user_version = 1;
  `);
  old.close();
  const store = openStore(folder);
  expect([...store.loadSteps(0)]).toEqual([stepRow('shop', 60)]);
  expect(store.loadCapacities(0)).toEqual([capacity('web', 5)]);
});

test('an older file gets the steps that it lacks, and keeps what is in it', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveSteps([stepRow('shop', 60)]);
  store.close();
  const added = "ALTER TABLE steps ADD COLUMN note TEXT; UPDATE steps SET note = 'old'";
  const migrated = openDatabase(folder, undefined, [...MIGRATIONS, added]);
  expect(migrated.prepare('SELECT chain, note FROM steps').raw().all()).toEqual([['shop', 'old']]);
  disconnect(migrated);
  // Not a second time.
  disconnect(openDatabase(folder, undefined, [...MIGRATIONS, added]));
});

test('a migration that fails changes nothing', () => {
  const folder = newFolder();
  openStore(folder).close();
  const broken = 'CREATE TABLE extra (a); CREATE TABLE windows (a)';
  expect(() => openDatabase(folder, undefined, [...MIGRATIONS, broken])).toThrow(/already exists/);
});

test('a file of a newer version is refused and stays as it is', () => {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveWindows([windowRow(60)]);
  store.close();
  disconnect(openDatabase(folder, undefined, [...MIGRATIONS, 'CREATE TABLE extra (a)']));
  const before = readFileSync(join(folder, DATABASE));
  expect(() => openStore(folder)).toThrow(
    `has version ${MIGRATIONS.length + 1}, written by a newer DTA-SLO; this one knows up to ${MIGRATIONS.length}`,
  );
  expect(readFileSync(join(folder, DATABASE)).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual([DATABASE]);
});

/** A history of many pages, closed. */
function filledFolder(): string {
  const folder = newFolder();
  const store = openStore(folder);
  store.saveWindows(Array.from({ length: 5000 }, (_, i) => windowRow(i * 60)));
  store.close();
  return folder;
}

const DAMAGES: readonly (readonly [string, (file: string) => void])[] = [
  ['is no database', (file) => writeFileSync(file, 'no database '.repeat(1000))],
  ['was cut off', (file) => truncateSync(file, 10_000)],
  [
    'has lost a page in its middle',
    (file) => {
      writeSync(openSync(file, 'r+'), new Uint8Array(4096).fill(7), 0, 4096, 4096 * 12);
    },
  ],
];

test.each(DAMAGES)('a history that %s is moved aside, once, and a new one begins', (_what, damage) => {
  const folder = filledFolder();
  damage(join(folder, DATABASE));
  const bytes = readFileSync(join(folder, DATABASE));
  const log = warningLog();

  const store = openStore(folder, log);
  expect([...store.loadWindows(0)]).toEqual([]);
  store.saveWindows([windowRow(60)]);
  store.close();

  const aside = readdirSync(folder).filter((name) => /^history\.corrupt-\d{8}T\d{6}Z\.db$/.test(name));
  expect(aside).toHaveLength(1);
  expect(readFileSync(join(folder, aside[0] ?? '')).equals(bytes)).toBe(true);
  expect(log.warnings).toHaveLength(1);
  expect(log.warnings[0]).toMatchObject({
    fields: { file: join(folder, DATABASE), aside: join(folder, aside[0] ?? '') },
    message: expect.stringContaining('damaged'),
  });
  expect([...openStore(folder, log).loadWindows(0)]).toHaveLength(1);
  expect(log.warnings).toHaveLength(1);
});

test('damage that happens twice in a second does not overwrite the first file', () => {
  const folder = filledFolder();
  for (let i = 0; i < 2; i++) {
    writeFileSync(join(folder, DATABASE), 'no database');
    openStore(folder).close();
  }
  expect(readdirSync(folder).filter((name) => name.startsWith('history.corrupt-'))).toHaveLength(2);
});
