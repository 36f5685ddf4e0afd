/** How a service's workload is called, as far as the configuration says. */
import type { ServiceSpec } from '../../../models/data-models.ts';
import type { CustomKind, KubernetesSettings } from '../../../models/settings.ts';

/** A kind that a service can run as, as paths and bodies name it. */
export type WorkloadKind = CustomKind;

export const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' };
export const STATEFUL_SET = { group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets' };

export function workloadKinds({ rollouts }: Pick<KubernetesSettings, 'rollouts'>): readonly WorkloadKind[] {
  return [DEPLOYMENT, STATEFUL_SET, rollouts];
}

export interface TargetName {
  /** Absent: not said, any kind will do. */
  readonly kind?: string;
  readonly name: string;
}

/** `deployment` as `name` or `Kind/name`; without it the service's id, of whatever kind. */
export function targetNameOf({ id, deployment }: Pick<ServiceSpec, 'id' | 'deployment'>): TargetName {
  if (deployment === undefined) return { name: id };
  const [first = '', second] = deployment.split('/');
  return second === undefined ? { kind: DEPLOYMENT.kind, name: first } : { kind: first, name: second };
}

export function isKubernetesName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name);
}

export function apiVersionOf({ group, version }: WorkloadKind): string {
  return `${group}/${version}`;
}
