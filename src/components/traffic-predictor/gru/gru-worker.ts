import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerNotice, WorkerRequest, WorkerSettings } from './messages.ts';

type Unsent<R> = R extends WorkerRequest ? Omit<R, 'id'> : never;

interface Pending {
  readonly resolve: (answer: WorkerAnswer) => void;
  timer: NodeJS.Timeout;
}

/**
 * The worker thread seen from the main thread. It starts at the first request. When it dies or says nothing for
 * `silenceSeconds` it is ended, every open request is answered `failed`, and the next request starts a new one. It
 * keeps the process alive only while a request is open.
 */
export class GruWorker {
  readonly #settings: WorkerSettings;
  readonly #silenceMs: number;
  readonly #entry: () => URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;
  /** Name of the TensorFlow.js backend; `none` before it runs. */
  backend = 'none';
  /** Weights that a new worker starts with. */
  weights: Float32Array | undefined;

  /** @param entry file that the thread runs */
  constructor(settings: WorkerSettings, silenceSeconds = 60, entry: () => URL = workerEntry) {
    this.#settings = settings;
    this.#silenceMs = silenceSeconds * 1000;
    this.#entry = entry;
  }

  /** Never rejects. Buffers in `transfer` are no longer usable by the caller. */
  async request(
    message: Unsent<Exclude<WorkerRequest, { kind: 'cancel' }>>,
    transfer: readonly ArrayBuffer[] = [],
    signal?: AbortSignal,
  ): Promise<WorkerAnswer> {
    if (this.#closed) return { kind: 'failed', id: 0, reason: 'the predictor is closed' };
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId++;
    const cancel = () => this.#worker?.postMessage({ kind: 'cancel', id } satisfies WorkerRequest);
    signal?.addEventListener('abort', cancel, { once: true });
    const answer = await new Promise<WorkerAnswer>((resolve) => {
      this.#pending.set(id, { resolve, timer: this.#watch() });
      worker.ref();
      worker.postMessage({ ...message, id }, transfer);
    });
    signal?.removeEventListener('abort', cancel);
    return answer;
  }

  /** Ends the thread; open requests are answered `failed`. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#drop('the predictor was closed');
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = startThread(this.#entry(), this.#settings);
    this.#worker = worker;
    worker.on('message', (message: WorkerAnswer | WorkerNotice) => this.#take(message));
    worker.on('error', (error: Error) => this.#lose(worker, `the worker thread died: ${error.message}`));
    worker.on('exit', (code) => this.#lose(worker, `the worker thread ended with code ${code}`));
    if (this.weights !== undefined) {
      worker.postMessage({ kind: 'load', id: 0, weights: this.weights } satisfies WorkerRequest);
    }
    return worker;
  }

  #take(message: WorkerAnswer | WorkerNotice): void {
    if (message.kind === 'backend') {
      this.backend = message.name;
      return;
    }
    // Any sign of life counts for all that wait: the thread does one thing at a time.
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.timer = this.#watch();
    }
    if (message.kind !== 'alive') this.#settle(message.id, message);
  }

  #settle(id: number, answer: WorkerAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (this.#pending.size === 0) this.#worker?.unref();
    pending.resolve(answer);
  }

  #watch(): NodeJS.Timeout {
    const worker = this.#worker;
    const silent = () => {
      if (worker === undefined) return;
      this.#lose(worker, `the worker thread was silent for ${this.#silenceMs / 1000} s`);
      void worker.terminate();
    };
    return setTimeout(silent, this.#silenceMs).unref();
  }

  #lose(worker: Worker, reason: string): void {
    if (worker === this.#worker) this.#drop(reason);
  }

  #drop(reason: string): void {
    this.#worker = undefined;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'failed', id, reason });
  }
}

/** Beside this file; TypeScript when this file is read as TypeScript, JavaScript when it was compiled. */
export function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

/** A thread that needs more ends alone; without a limit of its own it could take the daemon with it. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024 };

/** Node.js 20 reads TypeScript in a thread only after tsx, a tool of development, was registered in that thread. */
function startThread(entry: URL, settings: WorkerSettings): Worker {
  const options = { workerData: settings, execArgv: [], resourceLimits: RESOURCE_LIMITS };
  if (!entry.pathname.endsWith('.ts')) return new Worker(entry, options);
  const tsx = import.meta.resolve('tsx/esm/api');
  const code = `import('${tsx}').then(({ register }) => { register(); return import('${entry}'); });`;
  return new Worker(code, { ...options, eval: true });
}
