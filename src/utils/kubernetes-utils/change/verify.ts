/** Waits until a workload runs in the state that was written. */
import type { TargetState } from '../../../models/changes.ts';
import type { Clock } from '../../../models/ports.ts';
import { describeFailure } from '../api/api-failure.ts';
import type { Pod } from '../workload/pod.ts';
import type { Workload } from '../workload/workload.ts';
import type { Moves } from './moves.ts';
import type { Resizing, SizeOf } from './resizing.ts';
import { type RolloutStatus, rolloutStatus } from './rollout-status.ts';
import type { Site } from './site.ts';
import { sameResources } from './wanted-state.ts';

export type Verified =
  | { readonly kind: 'up' }
  | { readonly kind: 'not-up'; readonly reason: string }
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'aborted' };

export interface VerifyOptions {
  readonly site: Site;
  readonly moves: Moves;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** What each instance is to have, where they are resized in place. */
  readonly sizes?: { readonly resizing: Resizing; readonly size: SizeOf };
  /** Ids of the pods that were there before; absent: not known, then the new ones are told by their size. */
  readonly podsBefore: ReadonlySet<string> | undefined;
}

const FIRST_PAUSE_SECONDS = 0.1;
const LONGEST_PAUSE_SECONDS = 2;

export async function verify(expected: TargetState, options: VerifyOptions): Promise<Verified> {
  const { site, clock, timeoutSeconds } = options;
  const start = clock.nowSeconds();
  const patience = new Patience();
  let detail = '';
  for (let pause = FIRST_PAUSE_SECONDS; ; pause = Math.min(LONGEST_PAUSE_SECONDS, pause * 1.5)) {
    if (site.signal?.aborted === true) return { kind: 'aborted' };
    const look = await lookAt(expected, options);
    if (look.kind === 'done') return { kind: 'up' };
    if (look.kind === 'foreign') return look;
    if (look.kind === 'failed') return { kind: 'not-up', reason: look.reason };
    detail = look.detail;
    const elapsed = clock.nowSeconds() - start;
    if (patience.isOver(look, elapsed, timeoutSeconds)) return { kind: 'not-up', reason: detail };
    if (elapsed >= timeoutSeconds)
      return { kind: 'not-up', reason: `it was not up after ${timeoutSeconds} s: ${detail}` };
    const asked = look.kind === 'under-way' ? (look.waitSeconds ?? 0) : 0;
    await clock.sleep(Math.min(Math.max(pause, asked), timeoutSeconds - elapsed), site.signal);
  }
}

type Look = RolloutStatus | Extract<Verified, { kind: 'foreign' }>;

/** The API may be away for a while: that says nothing about the rollout. */
async function lookAt(
  expected: TargetState,
  { site, moves, sizes, podsBefore }: VerifyOptions,
): Promise<Look> {
  const read = await site.target.read();
  if (read.kind === 'failure') return { kind: 'under-way', detail: describeFailure(read.failure) };
  const reason = moves.foreign(read.value, expected);
  if (reason !== undefined) return { kind: 'foreign', reason };
  const resized = await sizes?.resizing.look(sizes.size);
  if (resized !== undefined && resized.kind !== 'done') return resized;
  return rolloutStatus(read.value, await newPods(read.value, expected, site, podsBefore));
}

async function newPods(
  workload: Workload,
  expected: TargetState,
  site: Site,
  before: ReadonlySet<string> | undefined,
): Promise<readonly Pod[]> {
  const { target, container } = site;
  const pods = await target.pods(workload);
  if (pods.kind === 'failure') return [];
  return pods.value.filter(({ uid, beingDeleted, containers }) => {
    const requests = containers.get(container)?.requests;
    const isOfThisSize =
      site.pods !== undefined ||
      (requests !== undefined &&
        sameResources({ requests, limits: {} }, { requests: expected.requests, limits: {} }));
    return !beingDeleted && isOfThisSize && before?.has(uid) !== true;
  });
}

/** How long a trouble that may pass has lasted. */
class Patience {
  #sinceSeconds: number | undefined;

  isOver(status: RolloutStatus, elapsedSeconds: number, timeoutSeconds: number): boolean {
    if (status.kind !== 'troubled') {
      this.#sinceSeconds = undefined;
      return false;
    }
    this.#sinceSeconds ??= elapsedSeconds;
    return elapsedSeconds - this.#sinceSeconds >= status.patienceShare * timeoutSeconds;
  }
}
