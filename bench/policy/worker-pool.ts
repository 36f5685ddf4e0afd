import { Worker } from 'node:worker_threads';
import type { PolicyResult } from './evaluate.ts';
import type { Job } from './worker.ts';

interface Waiting {
  readonly job: Job;
  readonly done: (result: PolicyResult) => void;
}

/** Threads that share a queue of jobs. A thread that dies fails its job and is replaced for the next one. */
export class WorkerPool {
  readonly #queue: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #most: number;
  readonly #whenTaken: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  run(job: Job): Promise<PolicyResult> {
    return new Promise((done) => {
      this.#queue.push({ job, done });
      this.#next();
    });
  }

  /** Settles when no job waits for a thread any more. */
  taken(): Promise<void> {
    return new Promise((done) => {
      this.#whenTaken.push(done);
      this.#next();
    });
  }

  /** Jobs that are not done are dropped. */
  async close(): Promise<void> {
    this.#queue.length = 0;
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#queue.length === 0) {
      for (const done of this.#whenTaken.splice(0)) done();
      return;
    }
    const worker = this.#idle.pop() ?? (this.#all.size < this.#most ? this.#started() : undefined);
    if (worker === undefined) return;
    this.#work(worker, this.#queue.shift()!);
    this.#next();
  }

  #started(): Worker {
    const worker = startThread(new URL('./worker.ts', import.meta.url));
    this.#all.add(worker);
    return worker;
  }

  #work(worker: Worker, { job, done }: Waiting): void {
    const started = performance.now();
    const settle = (result: PolicyResult) => {
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      done(result);
      this.#next();
    };
    const die = (error: string) => {
      this.#all.delete(worker);
      settle({ name: job.policy, error, wall_seconds: (performance.now() - started) / 1000 });
    };
    worker.once('message', (result: PolicyResult) => {
      this.#idle.push(worker);
      settle(result);
    });
    worker.once('error', (error: Error) => die(`its thread died: ${error.message}`));
    worker.once('exit', (code) => die(`its thread ended with code ${code}`));
    worker.postMessage(job);
  }
}

/** Node.js 20 reads TypeScript in a thread only after tsx was registered in that thread. */
function startThread(entry: URL): Worker {
  const code = `import('${import.meta.resolve('tsx/esm/api')}')
    .then(({ register }) => { register(); return import('${entry}'); });`;
  return new Worker(code, { eval: true, execArgv: [] });
}
