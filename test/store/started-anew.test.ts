import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NamedState } from '../../src/models/ports.ts';
import { Journal } from '../../src/store/journal.ts';
import { newFolder, openStore, type WarningLog, warningLog } from './folders.ts';
import { change, windowRow } from './samples.ts';

const PAUSE: NamedState = { name: 'operator', value: new Uint8Array([1]) };
const TARGETS: NamedState = { name: 'targets', value: new Uint8Array([2]) };

function journalIn(folder: string, log: WarningLog): Journal {
  return new Journal(openStore(folder, log), log, ['operator', 'targets']);
}

/** Writes over all that SQLite has not read yet, and lets the journal come upon it. */
function damage(folder: string, journal: Journal): void {
  const file = join(folder, 'history.db');
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096);
  writeFileSync(file, bytes);
  for (const _ of journal.loadWindows(0));
}

/** A closed history with changes of two services and three states. */
function filledFolder(): string {
  const folder = newFolder();
  const journal = journalIn(folder, warningLog());
  journal.saveWindows(Array.from({ length: 500 }, (_, i) => windowRow(60 * i)));
  journal.saveStates([PAUSE, TARGETS, { name: 'network', value: new Uint8Array([3]) }]);
  journal.saveChange({ ...change('d1', 'web', 10), status: 'applied' });
  journal.saveChange({ ...change('d2', 'web', 20), status: 'restored' });
  journal.saveChange(change('d3', 'web', 30));
  journal.saveChange({ ...change('d3', 'db', 30), status: 'held' });
  journal.close();
  return folder;
}

const brief = (journal: Journal, service: string) =>
  journal.loadChanges({ limit: 9, service }).map(({ decision, status }) => `${decision} ${status}`);

test('the small states and the latest changes of each service are written again when a damaged file was left', () => {
  const folder = filledFolder();
  const log = warningLog();
  const journal = journalIn(folder, log);
  journal.loadState('operator');
  journal.loadState('targets');
  journal.loadState('network');
  journal.loadChanges({ limit: 20_000 });
  damage(folder, journal);
  journal.retry();
  expect(log.warnings.map(({ message }) => message)).toContain(
    'the history is damaged: moved aside, starting anew',
  );
  journal.close();

  const again = journalIn(folder, log);
  expect(again.loadState('operator')).toEqual(PAUSE.value);
  expect(again.loadState('targets')).toEqual(TARGETS.value);
  expect(again.loadState('network')).toBeUndefined();
  expect(brief(again, 'web')).toEqual(['d3 writing', 'd2 restored', 'd1 applied']);
  expect(brief(again, 'db')).toEqual(['d3 held']);
  again.close();
});

test('what was saved since the damage was found stands over what was known before', () => {
  const folder = filledFolder();
  const log = warningLog();
  const journal = journalIn(folder, log);
  journal.loadState('operator');
  journal.loadChanges({ limit: 20_000 });
  damage(folder, journal);
  journal.saveState('operator', new Uint8Array([9]));
  journal.saveChange({ ...change('d3', 'web', 30), status: 'applied' });
  journal.saveChange({ ...change('d4', 'web', 40), status: 'held' });
  journal.saveChange({ ...change('d5', 'web', 50), status: 'refused' });
  journal.retry();
  journal.close();

  const again = journalIn(folder, log);
  expect(again.loadState('operator')).toEqual(new Uint8Array([9]));
  expect(brief(again, 'web')).toEqual(['d5 refused', 'd4 held', 'd3 applied', 'd2 restored']);
  again.close();
});
