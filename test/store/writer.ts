/** Saves without end and says after each round that it is saved; the test kills it. Argument: the folder. */
import { writeSync } from 'node:fs';
import { openHistoryStore } from '../../src/store/history-store.ts';
import { capacity, decision, stepRow, usage, windowRow } from './samples.ts';

const store = openHistoryStore(process.argv[2] ?? '');
const last = store.loadDecisions({ limit: 1 })[0]?.atSeconds ?? 0;
for (let round = last + 1; ; round++) {
  store.saveWindows(Array.from({ length: 120 }, (_, i) => windowRow(round * 60, `service ${i}`)));
  store.saveSteps([stepRow('shop', round * 60)]);
  store.saveUsage([usage('web', round)]);
  store.saveCapacity(capacity('web', round));
  store.saveState('profiles', new TextEncoder().encode(`${round}`));
  store.saveDecision(decision(`${round}`, round, { web: 'grow' }));
  writeSync(1, `${round}\n`);
}
