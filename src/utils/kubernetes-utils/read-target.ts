/** What a service runs as, from what is kept of its namespace. */
import type { Drift, TargetReading, TargetState } from '../../models/changes.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import { notRolledOut } from './change/rollout-status.ts';
import { TemplateDrift } from './template-drift.ts';
import type { NamespaceView } from './watch/namespace-view.ts';
import { autoscalerOf } from './workload/autoscaler.ts';
import {
  cpuSpread,
  instancesOf,
  isSizedInPlace,
  stateOfInstances,
  unevenInstances,
} from './workload/instances.ts';
import type { Pod } from './workload/pod.ts';
import { qosOf } from './workload/qos.ts';
import { versionOf } from './workload/version.ts';
import { type Container, describeRef, type Workload } from './workload/workload.ts';

export function readTarget(
  service: ServiceSpec,
  view: NamespaceView,
  templates: TemplateDrift,
  nowSeconds: number,
): TargetReading {
  const located = view.locate(service);
  if (located.kind === 'unknown') return { kind: 'unreadable', reason: located.reason };
  const { workload, container } = located;
  const pods = view.podsOf(workload);
  if (typeof pods === 'string') return { kind: 'unreadable', reason: pods };
  const unusable = unusableBecause(workload);
  if (unusable !== undefined) return { kind: 'unreadable', reason: unusable };
  const { autoscalers } = view;
  const autoscaler = typeof autoscalers === 'string' ? undefined : autoscalerOf(workload, autoscalers);
  const state = stateOf(service, workload, container, pods);
  const drift = driftOf(service, workload, container, pods, state, templates, nowSeconds);
  const oomKilledSeconds = lastOomKill(pods, container.name);
  return {
    kind: 'running',
    target: `${describeRef(workload)}, container ${container.name}`,
    place: {
      namespace: workload.namespace,
      deployment: `${workload.kind.kind}/${workload.name}`,
      container: container.name,
    },
    state,
    instancesReady: workload.status.ready,
    rolling: notRolledOut(workload) !== undefined || workload.status.ready < workload.replicas,
    version: versionOf(workload.template),
    qos: qosOf(workload.template),
    ...(autoscaler !== undefined && { autoscaler }),
    ...(drift !== undefined && { drift }),
    ...(oomKilledSeconds !== undefined && { oomKilledSeconds }),
  };
}

/** What instances that were resized have is not what their template says. */
function stateOf(
  { mode }: ServiceSpec,
  workload: Workload,
  { name, requests, limits }: Container,
  pods: readonly Pod[],
): TargetState {
  const template = { requests, limits, instances: workload.replicas };
  const instances = instancesOf(workload, pods);
  if (!isSizedInPlace(mode, instances)) return template;
  return stateOfInstances(workload, name, instances) ?? template;
}

function driftOf(
  { mode }: ServiceSpec,
  workload: Workload,
  { name }: Container,
  pods: readonly Pod[],
  state: TargetState,
  templates: TemplateDrift,
  nowSeconds: number,
): Drift | undefined {
  if (mode !== 'in-place') return undefined;
  templates.note(workload, name, state, nowSeconds);
  const instances = instancesOf(workload, pods);
  const uneven = unevenInstances(name, instances);
  if (uneven > 0)
    return {
      kind: 'uneven',
      detail: `${uneven} of ${instances.length} instances have another size than they are to have.`,
      spread: cpuSpread(name, instances),
    };
  return templates.isDue(workload, nowSeconds)
    ? { kind: 'template', detail: TemplateDrift.reason(workload) }
    : undefined;
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
