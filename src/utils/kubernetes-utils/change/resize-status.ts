/** How far resizes have come, from what the kubelets tell of them. */
import type { Pod } from '../workload/pod.ts';
import { NO_NODE_SHARE, type RolloutStatus } from './rollout-status.ts';

export type Look = RolloutStatus | { readonly kind: 'foreign'; readonly reason: string };

/** An infeasible resize that may be one of an earlier size: until the kubelet has seen the new one. */
const NOT_SEEN_SHARE = 0.1;

/** The look that decides first. */
const WORST = ['foreign', 'failed', 'troubled', 'under-way'] as const;

export function worstOf(looks: readonly Look[]): Look {
  const worst = WORST.map((kind) => looks.find((look) => look.kind === kind)).find((look) => look);
  return worst ?? { kind: 'done' };
}

/** Of a pod whose resize is not done. */
export function pending({ name }: Pod, { kind, message, current }: NonNullable<Pod['resize']>): Look {
  const detail = `pod ${name} cannot be resized (${kind}): ${message}`;
  switch (kind) {
    case 'in-progress':
      return { kind: 'under-way', detail: `pod ${name} is being resized` };
    case 'infeasible':
      return current === true
        ? { kind: 'failed', reason: detail }
        : { kind: 'troubled', detail, patienceShare: NOT_SEEN_SHARE };
    case 'deferred':
    case 'error':
      return { kind: 'troubled', detail, patienceShare: NO_NODE_SHARE };
  }
}
