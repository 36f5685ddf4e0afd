/** Stands in for the training thread in tests: ends, throws, stays silent or takes all memory, by its seed. */
import { workerData } from 'node:worker_threads';

const { seed }: { seed: number } = workerData.settings;

if (seed === 1) process.exit(7);
if (seed === 2) throw new Error('out of luck');
if (seed === 3) setInterval(() => {}, 1000);
if (seed === 4) takeMemory(1200);

function takeMemory(megabytes: number): never {
  const all: number[][] = [];
  while (all.length * 8 < megabytes) all.push(new Array(1e6).fill(0.5));
  throw new Error(`took ${megabytes} MB and lives`);
}
