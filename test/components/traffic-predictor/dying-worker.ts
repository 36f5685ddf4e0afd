/** Stands in for the worker in tests: ends, throws or stays silent at the first request. */
import { parentPort, workerData } from 'node:worker_threads';

const { seed }: { seed: number } = workerData.training;

parentPort?.on('message', () => {
  if (seed === 1) process.exit(7);
  if (seed === 2) throw new Error('out of luck');
});
