/** Stands in for the worker in tests: ends, throws, takes all memory or stays silent at the first request. */
import { parentPort, workerData } from 'node:worker_threads';

const { seed }: { seed: number } = workerData.training;

parentPort?.on('message', () => {
  if (seed === 1) process.exit(7);
  if (seed === 2) throw new Error('out of luck');
  if (seed === 4) takeMemory(1200);
});

function takeMemory(megabytes: number): never {
  const all: number[][] = [];
  while (all.length * 8 < megabytes) all.push(new Array(1e6).fill(0.5));
  throw new Error(`took ${megabytes} MB and lives`);
}
