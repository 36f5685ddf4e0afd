/**
 * The steps from an empty file to the present tables. Step i takes a file of version i to version i + 1; a step that
 * has been released is never changed, new ones are added at the end. `PRAGMA user_version` holds the version.
 *
 * Times are Unix seconds. INTEGER columns take fractions too (SQLite keeps them), whole numbers just take less room.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE windows (
    start INTEGER NOT NULL, service TEXT NOT NULL, chain TEXT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (start, service, chain)
  ) WITHOUT ROWID;

  CREATE TABLE steps (
    start INTEGER NOT NULL, chain TEXT NOT NULL, rate REAL, latency REAL, error_ratio REAL,
    PRIMARY KEY (start, chain)
  ) WITHOUT ROWID;

  CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL, body BLOB NOT NULL
  );
  CREATE INDEX decisions_by_time ON decisions (at);

  CREATE TABLE decision_changes (
    service TEXT NOT NULL, number INTEGER NOT NULL REFERENCES decisions (number) ON DELETE CASCADE,
    PRIMARY KEY (service, number)
  ) WITHOUT ROWID;
  CREATE INDEX decision_changes_by_number ON decision_changes (number);

  CREATE TABLE capacities (
    service TEXT NOT NULL, since REAL NOT NULL, cpu REAL NOT NULL, memory REAL NOT NULL,
    instances INTEGER NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (service, since)
  ) WITHOUT ROWID;

  CREATE TABLE usage (
    at REAL NOT NULL, service TEXT NOT NULL, cpu REAL, memory REAL,
    PRIMARY KEY (at, service)
  ) WITHOUT ROWID;

  CREATE TABLE states (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  `,
  // The order of telling: times do not tell it after the clock was set back.
  `
  CREATE TABLE told_capacities (
    number INTEGER PRIMARY KEY, service TEXT NOT NULL, since REAL NOT NULL, cpu REAL NOT NULL, memory REAL NOT NULL,
    instances INTEGER NOT NULL, source TEXT NOT NULL,
    UNIQUE (service, since)
  );
  INSERT INTO told_capacities (service, since, cpu, memory, instances, source)
    SELECT service, since, cpu, memory, instances, source FROM capacities ORDER BY since;
  DROP TABLE capacities;
  ALTER TABLE told_capacities RENAME TO capacities;
  `,
  `
  CREATE TABLE changes (
    number INTEGER PRIMARY KEY, decision TEXT NOT NULL, service TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL,
    UNIQUE (decision, service)
  );
  CREATE INDEX changes_by_service ON changes (service, number);
  ALTER TABLE capacities ADD COLUMN cpu_limit REAL;
  `,
  'ALTER TABLE usage ADD COLUMN throttled REAL;',
];
