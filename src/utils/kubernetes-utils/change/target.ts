/** One workload in the API: reads and writes that know when to try again. */
import type { Clock, Random } from '../../../models/ports.ts';
import type { ApiAnswer, ApiClient, ApiRequest } from '../api/api-client.ts';
import { type ApiFailure, isOutcomeUnknown, isStatus, type StatusFailure } from '../api/api-failure.ts';
import { listAll } from '../api/list-all.ts';
import { collectionPath, objectPath, PODS } from '../api/paths.ts';
import { retrying } from '../api/retry.ts';
import { FIELD_MANAGER } from '../change-cause.ts';
import { type Pod, parsePod } from '../workload/pod.ts';
import { selectorText } from '../workload/selector.ts';
import { describeRef, parseWorkload, type Workload, type WorkloadRef } from '../workload/workload.ts';
import { conflictsOf } from './conflicts.ts';
import { APPLY, MERGE, STRATEGIC } from './patch.ts';

export interface ApiParts {
  readonly client: ApiClient;
  /** A steady one: a clock that is set while a rollout is waited for must not end the wait. */
  readonly clock: Clock;
  readonly random: Random;
}

export type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

/** What is to be written to the object as it was read just now. */
export type Writing =
  | { readonly kind: 'body'; readonly body: object }
  /** It stands already. */
  | { readonly kind: 'stands' }
  /** Somebody else changed it: it is left alone. */
  | { readonly kind: 'foreign'; readonly reason: string };

export type WritingFor = (workload: Workload) => Writing;

export type Written =
  /** The object as the API answered it; undefined where it stood already. */
  | { readonly kind: 'written'; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly failure: ApiFailure }
  | { readonly kind: 'foreign'; readonly reason: string };

export interface WriteOptions {
  /** The API says whether it would take it, and keeps nothing. */
  readonly dryRun?: boolean;
}

const TRIES = 5;

export class Target {
  readonly ref: WorkloadRef;
  readonly #parts: ApiParts;
  readonly #signal: AbortSignal | undefined;

  constructor(ref: WorkloadRef, parts: ApiParts, signal: AbortSignal | undefined) {
    this.ref = ref;
    this.#parts = parts;
    this.#signal = signal;
  }

  async read(): Promise<Read<Workload>> {
    const answer = await this.#retrying({ method: 'GET', path: this.#path });
    if (answer.kind === 'failure') return answer;
    const value = parseWorkload(this.ref.kind, answer.body);
    if (value !== undefined) return { kind: 'read', value };
    const detail = `no ${describeRef(this.ref)}`;
    return { kind: 'failure', failure: { kind: 'nonsense', code: 200, detail } };
  }

  /** Its pods as they are now. One try: whoever waits for pods asks again anyway. */
  async pods({ selector, namespace }: Workload): Promise<Read<readonly Pod[]>> {
    const query = { labelSelector: selectorText(selector) };
    const path = collectionPath(PODS, namespace);
    const listing = await listAll(this.#parts.client, path, { query, signal: this.#signal });
    if (listing.kind === 'failure') return listing;
    return { kind: 'read', value: listing.items.flatMap((item) => parsePod(item) ?? []) };
  }

  apply(writing: WritingFor, options: WriteOptions = {}): Promise<Written> {
    return this.#write(writing, '', APPLY, options);
  }

  scale(writing: WritingFor, options: WriteOptions = {}): Promise<Written> {
    return this.#write(writing, '/scale', MERGE, options);
  }

  /** One of its pods. A write is one try: whoever resizes looks at what has become of it anyway. */
  resize({ namespace, name }: Pod, body: object, { dryRun = false }: WriteOptions = {}): Promise<ApiAnswer> {
    const send = () => this.#send(`${objectPath(PODS, namespace, name)}/resize`, body, STRATEGIC, dryRun);
    return dryRun ? retrying(send, this.#options) : send();
  }

  /**
   * Before every try the object is read again and `writingFor` says what is still to be written. So a change in
   * between is seen, and what was written although nobody answered is not written twice.
   */
  async #write(
    writingFor: WritingFor,
    suffix: string,
    contentType: string,
    { dryRun = false }: WriteOptions,
  ): Promise<Written> {
    let unknown: ApiFailure | undefined;
    let foreign: string | undefined;
    const answer = await retrying(
      async () => {
        const read = await this.read();
        // As long as it cannot be read, it stays unknown what became of the write.
        if (read.kind === 'failure') return failed(unknown ?? read.failure);
        const writing = writingFor(read.value);
        unknown = undefined;
        if (writing.kind === 'foreign') foreign = writing.reason;
        if (writing.kind !== 'body') return { kind: 'answer', body: undefined };
        const patched = await this.#send(`${this.#path}${suffix}`, writing.body, contentType, dryRun);
        if (patched.kind === 'failure' && isOutcomeUnknown(patched.failure)) unknown = patched.failure;
        return patched;
      },
      { ...this.#options, alsoRetry: isChangedMeanwhile },
    );
    if (foreign !== undefined) return { kind: 'foreign', reason: foreign };
    return answer.kind === 'failure' ? answer : { kind: 'written', answer: answer.body };
  }

  #send(path: string, body: object, contentType: string, isDryRun: boolean): Promise<ApiAnswer> {
    const query = {
      fieldManager: FIELD_MANAGER,
      fieldValidation: 'Strict',
      ...(contentType === APPLY && { force: false }),
      ...(isDryRun && { dryRun: 'All' }),
    };
    return this.#parts.client.request({
      method: 'PATCH',
      path,
      query,
      body,
      contentType,
      signal: this.#signal,
    });
  }

  #retrying(request: Omit<ApiRequest, 'signal'>): Promise<ApiAnswer> {
    return retrying(() => this.#parts.client.request({ ...request, signal: this.#signal }), this.#options);
  }

  get #options() {
    const { clock, random } = this.#parts;
    return { clock, random, signal: this.#signal, tries: TRIES };
  }

  get #path(): string {
    const { kind, namespace, name } = this.ref;
    return objectPath(kind, namespace, name);
  }
}

/** A 409 that is no conflict of owners: the object is another than the one that was read. */
function isChangedMeanwhile(failure: ApiFailure): boolean {
  return failure.kind === 'status' && isStatus(failure, 409) && conflictsOf(failure).size === 0;
}

export function isOwnerConflict(failure: ApiFailure): failure is StatusFailure {
  return failure.kind === 'status' && conflictsOf(failure).size > 0;
}

/** Whether a person has to do something before it can succeed. */
export function isLasting(failure: ApiFailure): boolean {
  return isStatus(failure, 400, 403, 404, 405, 415, 422) || isOwnerConflict(failure);
}

function failed(failure: ApiFailure): ApiAnswer {
  return { kind: 'failure', failure };
}
