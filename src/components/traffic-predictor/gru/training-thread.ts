import { Worker } from 'node:worker_threads';
import type { TrainingAnswer, TrainingNotice, TrainingTask } from './messages.ts';

const MEBIBYTE = 2 ** 20;

/**
 * Runs trainings, each in a thread of its own that ends with it and gives all its memory back. A thread that dies, takes
 * more memory than it may, or says nothing for `silenceSeconds` is a failed training and harms nothing else.
 */
export class TrainingThread {
  readonly #silenceMs: number;
  readonly #entry: () => URL;
  #closed = false;
  #end: ((answer: TrainingAnswer) => void) | undefined;

  /** @param entry file that the thread runs */
  constructor(silenceSeconds = 60, entry: () => URL = workerEntry) {
    this.#silenceMs = silenceSeconds * 1000;
    this.#entry = entry;
  }

  /** One training at a time. Never rejects. Buffers in `transfer` are no longer usable by the caller. */
  async run(
    task: TrainingTask,
    transfer: readonly ArrayBuffer[] = [],
    signal?: AbortSignal,
  ): Promise<TrainingAnswer> {
    if (this.#closed) return failed('the predictor is closed');
    if (signal?.aborted === true) return { kind: 'cancelled' };
    const worker = startThread(this.#entry(), task, transfer);
    const cancel = () => this.#end?.({ kind: 'cancelled' });
    signal?.addEventListener('abort', cancel, { once: true });
    const answer = await new Promise<TrainingAnswer>((resolve) => this.#listen(worker, resolve));
    this.#end = undefined;
    signal?.removeEventListener('abort', cancel);
    await worker.terminate();
    return answer;
  }

  /** Ends the thread; a training under way is answered `failed`, and so is every later one. */
  close(): void {
    this.#closed = true;
    this.#end?.(failed('the predictor was closed'));
  }

  #listen(worker: Worker, resolve: (answer: TrainingAnswer) => void): void {
    const silent = failed(`the training thread was silent for ${this.#silenceMs / 1000} s`);
    const watch = setTimeout(() => resolve(silent), this.#silenceMs);
    const end = (answer: TrainingAnswer) => {
      clearTimeout(watch);
      resolve(answer);
    };
    this.#end = end;
    worker.on('message', (notice: TrainingNotice) => {
      if (notice.kind === 'alive') watch.refresh();
      else end(notice);
    });
    worker.on('error', (error: Error) => end(failed(`the training thread died: ${error.message}`)));
    worker.on('exit', (code) => end(failed(`the training thread ended with code ${code}`)));
  }
}

function failed(reason: string): TrainingAnswer {
  return { kind: 'failed', reason };
}

/** Beside this file; TypeScript when this file is read as TypeScript, JavaScript when it was compiled. */
export function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

/** Node.js 20 reads TypeScript in a thread only after tsx, a tool of development, was registered in that thread. */
function startThread(entry: URL, task: TrainingTask, transferList: readonly ArrayBuffer[]): Worker {
  // Bounds what the engine's own heap may take; the thread itself watches over the rest.
  const resourceLimits = { maxOldGenerationSizeMb: Math.ceil(task.settings.memoryBytes / MEBIBYTE) };
  const options = { workerData: task, transferList: [...transferList], execArgv: [], resourceLimits };
  if (!entry.pathname.endsWith('.ts')) return new Worker(entry, options);
  const tsx = import.meta.resolve('tsx/esm/api');
  const code = `import('${tsx}').then(({ register }) => { register(); return import('${entry}'); });`;
  return new Worker(code, { ...options, eval: true });
}
