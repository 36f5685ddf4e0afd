/** Folders for the stores of a test file; stores that a test leaves open are closed after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Logger } from '../../src/models/ports.ts';
import { openHistoryStore, type SqliteHistoryStore } from '../../src/store/history-store.ts';

const root = mkdtempSync(join(tmpdir(), 'dta-slo-store-'));
const open: SqliteHistoryStore[] = [];
let folders = 0;

afterEach(() => {
  for (const store of open.splice(0)) store.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

export function newFolder(): string {
  return join(root, `${++folders}`);
}

export function openStore(folder = newFolder(), logger?: Logger): SqliteHistoryStore {
  const store = openHistoryStore(folder, logger === undefined ? {} : { logger });
  open.push(store);
  return store;
}

/** Closes the store and opens its folder again. */
export function reopened(store: SqliteHistoryStore, folder: string): SqliteHistoryStore {
  store.close();
  return openStore(folder);
}

export interface WarningLog extends Logger {
  /** What is said as a warning or an error. */
  readonly warnings: { readonly fields: object; readonly message: string }[];
}

export function warningLog(): WarningLog {
  const warnings: WarningLog['warnings'] = [];
  const ignore = () => {};
  const keep = (fields: object, message: string) => warnings.push({ fields, message });
  return { warnings, debug: ignore, info: ignore, error: keep, warn: keep };
}
