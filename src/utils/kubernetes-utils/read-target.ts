/** What a service runs as, from what is kept of its namespace. */
import type { TargetReading, TargetState } from '../../models/changes.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import { notRolledOut } from './change/rollout-status.ts';
import type { NamespaceView } from './watch/namespace-view.ts';
import { autoscalerOf } from './workload/autoscaler.ts';
import { instancesOf, stateOfInstances } from './workload/instances.ts';
import type { Pod } from './workload/pod.ts';
import { qosOf } from './workload/qos.ts';
import { versionOf } from './workload/version.ts';
import { type Container, describeRef, type Workload } from './workload/workload.ts';

export function readTarget(service: ServiceSpec, view: NamespaceView): TargetReading {
  const located = view.locate(service);
  if (located.kind === 'unknown') return { kind: 'unreadable', reason: located.reason };
  const { workload, container } = located;
  const pods = view.podsOf(workload);
  if (typeof pods === 'string') return { kind: 'unreadable', reason: pods };
  const unusable = unusableBecause(workload);
  if (unusable !== undefined) return { kind: 'unreadable', reason: unusable };
  const { autoscalers } = view;
  const autoscaler = typeof autoscalers === 'string' ? undefined : autoscalerOf(workload, autoscalers);
  const oomKilledSeconds = lastOomKill(pods, container.name);
  return {
    kind: 'running',
    target: `${describeRef(workload)}, container ${container.name}`,
    place: {
      namespace: workload.namespace,
      deployment: `${workload.kind.kind}/${workload.name}`,
      container: container.name,
    },
    state: stateOf(service, workload, container, pods),
    instancesReady: workload.status.ready,
    rolling: notRolledOut(workload) !== undefined || workload.status.ready < workload.replicas,
    version: versionOf(workload.template),
    qos: qosOf(workload.template),
    ...(autoscaler !== undefined && { autoscaler }),
    ...(oomKilledSeconds !== undefined && { oomKilledSeconds }),
  };
}

/** Instances that were resized in place have another size than their template: what is rolled out is compared with that. */
function stateOf(
  { mode }: ServiceSpec,
  workload: Workload,
  { name, requests, limits }: Container,
  pods: readonly Pod[],
): TargetState {
  const template = { requests, limits, instances: workload.replicas };
  if (mode !== 'in-place') return template;
  return stateOfInstances(workload, name, instancesOf(workload, pods)) ?? template;
}

/** Why the workload cannot be sized whatever is asked of it. */
export function unusableBecause(workload: Workload): string | undefined {
  const name = describeRef(workload);
  if (workload.beingDeleted) return `${name} is being deleted`;
  if (workload.replicas === 0) return `${name} is scaled to 0 instances`;
  if (workload.templateElsewhere) return `the pod template of ${name} stands in another object (workloadRef)`;
  return undefined;
}

function lastOomKill(pods: readonly Pod[], container: string): number | undefined {
  const kills = pods.flatMap(({ containers }) => containers.get(container)?.oomKilledSeconds ?? []);
  return kills.length === 0 ? undefined : Math.max(...kills);
}
