import type { ControlPlane } from './control-plane.ts';
import { type JsonObject, type KubeObject, objectAt, objectsAt, stringAt } from './json.ts';
import { PODS } from './resource-types.ts';
import type { Route } from './route.ts';
import { labelPredicate } from './selectors.ts';
import { notFound } from './status.ts';

/** What a container uses, as metrics-server reports it: `{ cpu: '250m', memory: '64Mi' }`, averaged over a window. */
export interface Usage {
  readonly cpu: string;
  readonly memory: string;
  readonly windowSeconds?: number;
  /** How old the sample is. */
  readonly ageSeconds?: number;
}

/** The key of a container in `ControlPlane.usages`. */
export const usageKey = (namespace: string, pod: string, container: string): string =>
  `${namespace}/${pod}/${container}`;

/** `metrics.k8s.io/v1beta1` pods: one or a list. Pods that nothing is known of are missing, as with metrics-server. */
export function metricsOf(plane: ControlPlane, route: Route, query: URLSearchParams): JsonObject {
  const selects = labelPredicate(query.get('labelSelector') ?? '');
  const all = plane.storage
    .list(PODS, route.namespace)
    .filter((pod) => selects(pod) && (route.name === '' || pod.metadata.name === route.name))
    .flatMap((pod) => podMetrics(plane, pod));
  if (route.name === '')
    return { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items: all };
  const [found] = all;
  if (found === undefined)
    throw notFound({ ...route.of, plural: 'podmetrics' }, `${route.namespace}/${route.name}`);
  return { kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1', ...found };
}

function podMetrics(plane: ControlPlane, pod: KubeObject): JsonObject[] {
  const { name, namespace = '', labels } = pod.metadata;
  const usages = objectsAt(pod, 'spec', 'containers').flatMap((container) => {
    const usage = plane.usages.get(usageKey(namespace, name, stringAt(container, 'name')));
    return usage === undefined ? [] : [{ name: stringAt(container, 'name'), usage }];
  });
  const [first] = usages;
  if (first === undefined || stringAt(objectAt(pod, 'status'), 'phase') !== 'Running') return [];
  const ageMs = (first.usage.ageSeconds ?? 0) * 1000;
  return [
    {
      metadata: {
        name,
        namespace,
        creationTimestamp: plane.storage.timestamp(),
        ...(labels === undefined ? {} : { labels }),
      },
      timestamp: `${new Date(plane.now().getTime() - ageMs).toISOString().slice(0, 19)}Z`,
      window: durationText(first.usage.windowSeconds ?? 15),
      containers: usages.map(({ name: container, usage }) => ({
        name: container,
        usage: { cpu: usage.cpu, memory: usage.memory },
      })),
    },
  ];
}

/** As Go writes a duration: `15s`, `1m0s`. */
function durationText(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
