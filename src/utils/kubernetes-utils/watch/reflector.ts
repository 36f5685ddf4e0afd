/** Keeps what is in one collection of the API: a list, then a watch from there on, for as long as it runs. */
import { messageOf } from '../../../models/errors.ts';
import type { Clock, Logger, Random } from '../../../models/ports.ts';
import type { ApiClient } from '../api/api-client.ts';
import { type ApiFailure, isStatus, statusFailure } from '../api/api-failure.ts';
import { at, numberAt, textAt } from '../api/json.ts';
import { linesOf } from '../api/lines.ts';
import { listAll } from '../api/list-all.ts';
import { pauseSeconds } from '../api/retry.ts';

export interface ReflectorOptions<T> {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly path: string;
  /** Undefined leaves the object out. */
  readonly parse: (raw: unknown) => T | undefined;
  /** Each watch is asked to end after this long, and taken for dead when it is silent for half as long again, s. */
  readonly watchSeconds?: number;
}

/** How far what is kept can be trusted. */
export type Freshness =
  | { readonly kind: 'starting' }
  /** What is kept is what is there. */
  | { readonly kind: 'fresh' }
  /** The API does not have this kind. */
  | { readonly kind: 'not-installed' }
  /** Nothing that is kept may be used. */
  | { readonly kind: 'failing'; readonly sinceSeconds: number; readonly failure: ApiFailure };

const WATCH_SECONDS = 40;

const BETWEEN_WATCHES_SECONDS = 0.5;

/** A kind that is not installed may be later. */
const NOT_INSTALLED_SECONDS = 300;

/** A person has to give the right. */
const NO_RIGHT_SECONDS = 30;

/** How a watch ended: `again` goes on from where it was, `list` begins anew. */
type Ending =
  | { readonly kind: 'again' | 'list' }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #watchSeconds: number;
  readonly #objects = new Map<string, T>();
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  #listed: readonly T[] | undefined;
  #freshness: Freshness = { kind: 'starting' };
  #resourceVersion = '';
  #failures = 0;
  #toldFault: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#watchSeconds = options.watchSeconds ?? WATCH_SECONDS;
  }

  get freshness(): Freshness {
    return this.#freshness;
  }

  /** The same list as long as nothing has changed. */
  get objects(): readonly T[] {
    this.#listed ??= [...this.#objects.values()];
    return this.#listed;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Resolves when it is known whether the kind can be read, or when the signal is aborted. */
  settled(signal?: AbortSignal): Promise<void> {
    if (this.#freshness.kind !== 'starting' || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let ending: Ending = { kind: 'list' };
    while (!signal.aborted) {
      if (ending.kind === 'failure') await this.#pause(ending.failure);
      if (signal.aborted) return;
      ending = await this.#step(ending);
    }
  }

  /** A fault here is one of ours: it is told once, and tried again like a failure of the API. */
  async #step(last: Ending): Promise<Ending> {
    try {
      const ending = last.kind === 'again' ? await this.#watch() : await this.#list();
      if (ending.kind === 'again') this.#toldFault = undefined;
      return ending;
    } catch (thrown) {
      const error = messageOf(thrown);
      const { path, logger } = this.#options;
      if (error !== this.#toldFault)
        logger.error({ path, error }, 'a fault of the daemon: it cannot be read');
      this.#toldFault = error;
      return failure(error);
    }
  }

  async #list(): Promise<Ending> {
    const listing = await listAll(this.#options.client, this.#options.path, {
      signal: this.#stopping.signal,
    });
    if (listing.kind === 'failure') return listing;
    this.#objects.clear();
    this.#listed = undefined;
    for (const item of listing.items) this.#keep(item);
    this.#resourceVersion = listing.resourceVersion;
    this.#become({ kind: 'fresh' });
    return { kind: 'again' };
  }

  async #watch(): Promise<Ending> {
    const { clock, random } = this.#options;
    const silence = new AbortController();
    const end = () => silence.abort();
    this.#stopping.signal.addEventListener('abort', end, { once: true });
    try {
      const ending = await this.#follow(silence);
      // A server that ends every watch at once is not asked a thousand times a second.
      await clock.sleep(BETWEEN_WATCHES_SECONDS * random(), this.#stopping.signal);
      return ending;
    } finally {
      this.#stopping.signal.removeEventListener('abort', end);
    }
  }

  /** A connection can die without a word to us: then nothing comes, not even the end that was asked for. */
  async #follow(silence: AbortController): Promise<Ending> {
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: Math.ceil(this.#watchSeconds),
    };
    const { client, path } = this.#options;
    const stream = await client.stream({ method: 'GET', path, query, signal: silence.signal });
    if (stream.kind === 'failure') return isStatus(stream.failure, 410) ? { kind: 'list' } : stream;
    this.#become({ kind: 'fresh' });
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      silence.abort();
    }, this.#watchSeconds * 1500);
    try {
      for await (const line of linesOf(stream.response)) {
        watchdog.refresh();
        const ending = this.#take(line);
        if (ending !== undefined) return ending;
      }
      return { kind: 'again' };
    } catch (thrown) {
      return failure(silent ? `a watch was silent for ${this.#watchSeconds * 1.5} s` : messageOf(thrown));
    } finally {
      clearTimeout(watchdog);
      stream.response.destroy();
    }
  }

  /** One event. An ending where the watch cannot go on. */
  #take(line: string): Ending | undefined {
    const event = parsed(line);
    const object = at(event, 'object');
    const type = textAt(event, 'type');
    if (type === 'ERROR') {
      const code = numberAt(object, 'code') ?? 500;
      return code === 410 ? { kind: 'list' } : { kind: 'failure', failure: statusFailure(code, object) };
    }
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion');
    if (type === undefined || resourceVersion === undefined) return { kind: 'list' };
    this.#resourceVersion = resourceVersion;
    if (type === 'BOOKMARK') return undefined;
    this.#listed = undefined;
    if (type === 'DELETED') this.#objects.delete(keyOf(object));
    else this.#keep(object);
    return undefined;
  }

  #keep(raw: unknown): void {
    const object = this.#options.parse(raw);
    if (object === undefined) this.#objects.delete(keyOf(raw));
    else this.#objects.set(keyOf(raw), object);
  }

  async #pause(reason: ApiFailure): Promise<void> {
    const { clock, random } = this.#options;
    if (reason.kind === 'aborted') return;
    if (isStatus(reason, 404)) {
      // What was kept of it went with the kind.
      this.#objects.clear();
      this.#listed = undefined;
      this.#become({ kind: 'not-installed' });
      return clock.sleep(NOT_INSTALLED_SECONDS, this.#stopping.signal);
    }
    const known = this.#freshness;
    const sinceSeconds = known.kind === 'failing' ? known.sinceSeconds : clock.nowSeconds();
    this.#become({ kind: 'failing', sinceSeconds, failure: reason });
    const seconds = isStatus(reason, 403) ? NO_RIGHT_SECONDS : pauseSeconds(reason, this.#failures, random);
    return clock.sleep(seconds, this.#stopping.signal);
  }

  #become(freshness: Freshness): void {
    this.#failures = freshness.kind === 'failing' ? this.#failures + 1 : 0;
    this.#freshness = freshness;
    for (const done of this.#waiting) done();
  }
}

function keyOf(raw: unknown): string {
  return `${textAt(raw, 'metadata', 'namespace') ?? ''}/${textAt(raw, 'metadata', 'name') ?? ''}`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function failure(detail: string): Ending {
  return { kind: 'failure', failure: { kind: 'dropped', detail } };
}
