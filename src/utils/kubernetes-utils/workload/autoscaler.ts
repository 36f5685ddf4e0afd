/** Who else decides on the size of a workload. */
import { textAt } from '../api/json.ts';
import { DEPLOYMENT, type WorkloadKind } from './target-names.ts';
import type { WorkloadRef } from './workload.ts';

export interface Autoscaler {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly targetKind: string;
  readonly targetName: string;
}

/** A kind of autoscaler, and where its objects name what they scale. */
export interface AutoscalerKind extends WorkloadKind {
  readonly targetKey: 'scaleTargetRef' | 'targetRef';
}

/** What decides first comes first: KEDA makes a HorizontalPodAutoscaler of its ScaledObject. */
export const AUTOSCALERS: readonly AutoscalerKind[] = [
  {
    group: 'keda.sh',
    version: 'v1alpha1',
    kind: 'ScaledObject',
    plural: 'scaledobjects',
    targetKey: 'scaleTargetRef',
  },
  {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    targetKey: 'scaleTargetRef',
  },
  {
    group: 'autoscaling.k8s.io',
    version: 'v1',
    kind: 'VerticalPodAutoscaler',
    plural: 'verticalpodautoscalers',
    targetKey: 'targetRef',
  },
];

/** Undefined for what is no autoscaler, or one that only recommends. */
export function parseAutoscaler(kind: AutoscalerKind, raw: unknown): Autoscaler | undefined {
  const [name, namespace] = [textAt(raw, 'metadata', 'name'), textAt(raw, 'metadata', 'namespace')];
  const targetName = textAt(raw, 'spec', kind.targetKey, 'name');
  if (name === undefined || namespace === undefined || targetName === undefined) return undefined;
  if (textAt(raw, 'spec', 'updatePolicy', 'updateMode') === 'Off') return undefined;
  const targetKind = textAt(raw, 'spec', kind.targetKey, 'kind') ?? DEPLOYMENT.kind;
  return { kind: kind.kind, namespace, name, targetKind, targetName };
}

/** `HorizontalPodAutoscaler shop/auth-service`; undefined when nobody else decides. */
export function autoscalerOf(ref: WorkloadRef, autoscalers: readonly Autoscaler[]): string | undefined {
  const found = autoscalers.find(
    ({ namespace, targetKind, targetName }) =>
      namespace === ref.namespace && targetKind === ref.kind.kind && targetName === ref.name,
  );
  return found === undefined ? undefined : `${found.kind} ${found.namespace}/${found.name}`;
}
