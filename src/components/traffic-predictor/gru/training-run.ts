/** The training of a thread; begins when it is loaded. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../models/errors.ts';
import type { TrainingAnswer, TrainingNotice, TrainingTask } from './messages.ts';
import { retrain } from './retrain.ts';

/** Time between two signs of life. */
const SIGN_OF_LIFE_MS = 1000;
const MEBIBYTE = 2 ** 20;

// The edge: written by `TrainingThread` in the same package and version.
const task: TrainingTask = workerData;
const port = parentPort;
if (port === null) throw new Error('a training runs in a worker thread');

train().then(tell, (thrown: unknown) => tell({ kind: 'failed', reason: messageOf(thrown) }));

function tell(notice: TrainingNotice): void {
  port?.postMessage(notice);
}

async function train(): Promise<TrainingAnswer> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  const now = () => performance.now() / 1000;
  const isCancelled = () => {
    if (performance.now() - toldMs < SIGN_OF_LIFE_MS) return false;
    toldMs = performance.now();
    tell({ kind: 'alive' });
    requireMemory();
    return false;
  };
  const { series, cutSeconds, shape, settings, before } = task;
  const trained = await retrain(series, cutSeconds, shape, settings, { now, isCancelled }, before);
  if (trained.kind !== 'trained') return trained;
  return { ...trained, seconds: (performance.now() - startedMs) / 1000 };
}

/** Of this thread alone: its heap, its arrays and the memory of its kernels. */
function requireMemory(): void {
  const { heapUsed, external } = process.memoryUsage();
  const taken = Math.round((heapUsed + external) / MEBIBYTE);
  const allowed = Math.round(task.settings.memoryBytes / MEBIBYTE);
  if (taken <= allowed) return;
  throw new Error(`the training took ${taken} MiB, allowed: prediction.training_memory of ${allowed} MiB`);
}
