/**
 * The long trials of faults, against the built daemon: `npm run test:faults`. Says what was found, which promises
 * (docs/faults.md) were kept, and with --json one JSON object last. Ends with 1 when one was not kept.
 */
import { endLeftovers } from '../e2e/daemon-process.ts';
import { killsUnderLoad } from './long/kills.ts';
import { largeBodies } from './long/large-bodies.ts';
import { manyIds } from './long/many-ids.ts';
import { slowClients } from './long/slow-clients.ts';
import { brokenPromises } from './promises.ts';

const KILLS = 50;
const SEED = 5;
const IDS = 1_000_000;
const SLOW_CLIENTS = 2_000;
const MEGABYTES = 100;

process.once('exit', endLeftovers);
const start = performance.now();
const figures = {
  kills: await told('kill -9 under load', () => killsUnderLoad(KILLS, SEED)),
  slowClients: await told('slow clients', () => slowClients(SLOW_CLIENTS)),
  idsRejected: await told('new names, rejected', () => manyIds(IDS, 'reject')),
  idsLearned: await told('new names, learned', () => manyIds(IDS, 'learn')),
  largeBodies: await told('large bodies', () => largeBodies(MEGABYTES)),
};
const broken = brokenPromises(figures);
for (const promise of broken) console.log(`NOT KEPT: ${promise}`);
const seconds = Math.round((performance.now() - start) / 1000);
console.log(
  `${broken.length === 0 ? 'every promise was kept' : `${broken.length} were not kept`}, ${seconds} s`,
);
if (process.argv.includes('--json')) console.log(JSON.stringify({ ...figures, broken, seconds }));
process.exit(broken.length === 0 ? 0 : 1);

async function told<Figures>(name: string, trial: () => Promise<Figures>): Promise<Figures> {
  const found = await trial();
  console.log(name, found);
  return found;
}
