/**
 * Brings the instances of a workload to a size without a restart, through the subresource `resize` of each pod:
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ (KEP-1287).
 */
import type { Limits, TargetState } from '../../../models/changes.ts';
import { type ApiFailure, describeFailure, isStatus, isTransient } from '../api/api-failure.ts';
import { instancesOf, sizeInForce } from '../workload/instances.ts';
import type { Pod, PodResources } from '../workload/pod.ts';
import type { Workload } from '../workload/workload.ts';
import { isMemoryKept, reachableSize, resizePatch } from './resize-request.ts';
import { type Look, pending, worstOf } from './resize-status.ts';
import { containerFailure } from './rollout-status.ts';
import type { Target } from './target.ts';
import { sameResources } from './wanted-state.ts';

export interface ResizingSite {
  readonly target: Target;
  readonly workload: Workload;
  readonly container: string;
  /** Limits that an instance can no longer be without follow the requests by this factor. */
  readonly limitFactor: number;
}

/** Whether the API takes the resizes, by a dry run. */
export type Tried =
  /** How many instances are to be resized. */
  | { readonly kind: 'taken'; readonly resizes: number }
  /** Not in place, here: another way has to be found. */
  | { readonly kind: 'impossible'; readonly reason: string }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

/** The size of a pod after a resize; undefined: it is left alone. */
export type SizeOf = (pod: Pod) => PodResources | undefined;

export class Resizing {
  readonly #site: ResizingSite;
  /** Of each pod the size that we know it is to have, by uid: another one is somebody else's. */
  readonly #known = new Map<string, PodResources>();
  /** Restarts of each container when it was first seen, by uid. */
  readonly #restarts = new Map<string, number>();
  /** As they were when the change began. */
  readonly #original: ReadonlyMap<string, PodResources>;
  /** Of pods that came since. */
  readonly #before: PodResources;
  /** Sizes that a pod may have got from us although no answer says so, by uid. */
  readonly #maybe = new Map<string, PodResources>();
  /** Pods whose memory limit is not lowered, by uid. */
  readonly #keptMemory = new Set<string>();
  #hasWritten = false;

  constructor(site: ResizingSite, before: TargetState, pods: readonly Pod[] | undefined) {
    this.#site = site;
    this.#before = before;
    this.#original = new Map(
      (pods ?? []).flatMap((pod): [string, PodResources][] => {
        const found = pod.containers.get(site.container);
        return found === undefined ? [] : [[pod.uid, sizeInForce(found)]];
      }),
    );
    this.#note(pods ?? []);
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** What of the size could not be had, as the end of a sentence; empty where all was. */
  get shortfall(): string {
    if (this.#keptMemory.size === 0) return '';
    return '; this API server does not lower memory limits in place (Kubernetes 1.34 does), so they stay';
  }

  /** All instances alike. */
  to(wanted: PodResources): SizeOf {
    return (pod) => this.#reachable(pod, wanted);
  }

  /** What has been killed so far says nothing of what is to come. */
  forgive(): void {
    this.#restarts.clear();
  }

  /** Each as it was before the change. */
  get back(): SizeOf {
    return (pod) => this.#reachable(pod, this.#original.get(pod.uid) ?? this.#before);
  }

  /** Nothing is written. */
  async try(pods: readonly Pod[], size: SizeOf): Promise<Tried> {
    let resizes = 0;
    for (const pod of instancesOf(this.#site.workload, pods)) {
      if (this.#isSized(pod, size)) continue;
      const failure = await this.#patchOrKeep(pod, size, true);
      const stop = failure === undefined ? undefined : await this.#notTaken(pod, failure);
      if (stop !== undefined) return stop;
      // What was found not to be lowered may have been all that was different.
      if (!this.#isSized(pod, size)) resizes += 1;
    }
    return { kind: 'taken', resizes };
  }

  /** Undefined: the pod is gone. */
  async #notTaken(pod: Pod, failure: ApiFailure): Promise<Tried | undefined> {
    if (isStatus(failure, 405, 422)) return { kind: 'impossible', reason: describeFailure(failure) };
    if (!isStatus(failure, 404)) return { kind: 'failure', failure };
    if (!(await this.#exists(pod))) return undefined;
    return { kind: 'impossible', reason: 'this API server cannot resize pods (before Kubernetes 1.33)' };
  }

  /** What became of it, and resizes what has another size: pods that came meanwhile, and such as an API that was away did not take. */
  async look(size: SizeOf): Promise<Look> {
    const listing = await this.#site.target.pods(this.#site.workload);
    if (listing.kind === 'failure') return { kind: 'under-way', detail: describeFailure(listing.failure) };
    const pods = instancesOf(this.#site.workload, listing.value);
    const looks = await this.#lookAtAll(pods, size);
    return worstOf(looks);
  }

  async #lookAtAll(pods: readonly Pod[], size: SizeOf): Promise<readonly Look[]> {
    const looks: Look[] = [];
    for (const pod of pods) {
      const foreign = this.#foreign(pod);
      if (foreign !== undefined) return [{ kind: 'foreign', reason: foreign }];
      looks.push(await this.#lookAt(pod, size));
    }
    return looks;
  }

  async #lookAt(pod: Pod, size: SizeOf): Promise<Look> {
    this.#note([pod]);
    const wanted = size(pod);
    const found = pod.containers.get(this.#site.container);
    if (found === undefined || wanted === undefined) return { kind: 'done' };
    if (!this.#hasSpec(pod, wanted)) return this.#resize(pod, size);
    const failure = this.#broken(pod);
    if (failure !== undefined) return { kind: 'failed', reason: failure };
    if (pod.resize !== undefined) return pending(pod, pod.resize);
    const granted = found.allocated === undefined || sameRequests(found.allocated, wanted.requests);
    if (granted && sameResources(sizeInForce(found), wanted)) return { kind: 'done' };
    return { kind: 'under-way', detail: `pod ${pod.name} has not got its new size yet` };
  }

  async #resize(pod: Pod, size: SizeOf): Promise<Look> {
    const failure = await this.#patchOrKeep(pod, size, false);
    const detail = `pod ${pod.name}: ${failure === undefined ? 'it is being resized' : describeFailure(failure)}`;
    if (failure === undefined) return { kind: 'under-way', detail };
    // Gone, or another by the same name: the next look finds what is there.
    const passes = isTransient(failure) || isStatus(failure, 404, 409) || failure.kind === 'aborted';
    if (!passes) return { kind: 'failed', reason: detail };
    const waitSeconds = failure.kind === 'status' ? (failure.retryAfterSeconds ?? 0) : 0;
    return { kind: 'under-way', detail, waitSeconds };
  }

  /** A memory limit that the API does not lower without a restart (before Kubernetes 1.34) stays as it is. */
  async #patchOrKeep(pod: Pod, size: SizeOf, dryRun: boolean): Promise<ApiFailure | undefined> {
    const failure = await this.#patch(pod, size(pod), dryRun);
    if (failure === undefined || !isMemoryKept(failure) || this.#keptMemory.has(pod.uid)) return failure;
    this.#keptMemory.add(pod.uid);
    return this.#patch(pod, size(pod), dryRun);
  }

  async #patch(pod: Pod, wanted: PodResources | undefined, dryRun: boolean): Promise<ApiFailure | undefined> {
    const { target, container } = this.#site;
    if (wanted === undefined) return undefined;
    const answer = await target.resize(pod, resizePatch(pod, container, wanted), { dryRun });
    if (answer.kind === 'failure') {
      // It may have been done all the same: then it is no one else's.
      if (!dryRun) this.#maybe.set(pod.uid, wanted);
      return answer.failure;
    }
    if (!dryRun) {
      this.#hasWritten = true;
      this.#known.set(pod.uid, wanted);
    }
    return undefined;
  }

  async #exists({ uid }: Pod): Promise<boolean> {
    const listing = await this.#site.target.pods(this.#site.workload);
    return listing.kind === 'failure' || listing.value.some((pod) => pod.uid === uid);
  }

  #note(pods: readonly Pod[]): void {
    for (const { uid, containers } of pods) {
      const found = containers.get(this.#site.container);
      if (found === undefined) continue;
      if (!this.#known.has(uid)) this.#known.set(uid, { requests: found.requests, limits: found.limits });
      if (!this.#restarts.has(uid)) this.#restarts.set(uid, found.restarts);
    }
  }

  #foreign({ uid, name, containers }: Pod): string | undefined {
    const found = containers.get(this.#site.container);
    const known = this.#known.get(uid);
    if (found === undefined || known === undefined || sameResources(found, known)) return undefined;
    const maybe = this.#maybe.get(uid);
    if (maybe !== undefined && sameResources(found, maybe)) {
      this.#hasWritten = true;
      this.#known.set(uid, maybe);
      return undefined;
    }
    return `somebody else resized pod ${name} meanwhile; it is left as it is`;
  }

  /** A container that was killed before the change says nothing of it. */
  #broken({ uid, name, containers }: Pod): string | undefined {
    const found = containers.get(this.#site.container);
    if (found === undefined) return undefined;
    const { ended, ...rest } = found;
    const isNew = found.restarts > (this.#restarts.get(uid) ?? 0);
    const state = isNew && ended !== undefined ? { ...rest, ended } : rest;
    return containerFailure(`container ${this.#site.container} of pod ${name}`, state);
  }

  #reachable({ uid, containers }: Pod, wanted: PodResources): PodResources | undefined {
    const found = containers.get(this.#site.container);
    if (found === undefined) return undefined;
    return reachableSize(found, wanted, this.#site.limitFactor, this.#keptMemory.has(uid));
  }

  #isSized(pod: Pod, size: SizeOf): boolean {
    const wanted = size(pod);
    return wanted === undefined || this.#hasSpec(pod, wanted);
  }

  #hasSpec({ containers }: Pod, wanted: PodResources): boolean {
    const found = containers.get(this.#site.container);
    return found === undefined || sameResources(found, wanted);
  }
}

function sameRequests(left: Limits, right: Limits): boolean {
  return sameResources({ requests: left, limits: {} }, { requests: right, limits: {} });
}
