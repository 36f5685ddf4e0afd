import { clone, ensureObject, isObject, type JsonObject, objectsAt, stringAt } from './json.ts';
import { roundedToMilli } from './quantity.ts';

/** Fills in what the API server fills in, in place: `pkg/apis/{core,apps,autoscaling}/v1/defaults.go` by behaviour. */
export function setDefaults(kind: string, object: JsonObject): void {
  DEFAULTS[kind]?.(object);
}

const DEFAULTS: Readonly<Record<string, (object: JsonObject) => void>> = {
  Deployment: defaultDeployment,
  ReplicaSet: (object) => {
    fill(ensureObject(object, 'spec'), { replicas: 1 });
    defaultTemplate(ensureObject(object, 'spec', 'template'));
  },
  StatefulSet: defaultStatefulSet,
  Pod: defaultPod,
  HorizontalPodAutoscaler: (object) => fill(ensureObject(object, 'spec'), { minReplicas: 1 }),
  LimitRange: defaultLimitRange,
  Namespace: (object) => {
    fill(ensureObject(object, 'spec'), { finalizers: ['kubernetes'] });
    fill(ensureObject(object, 'status'), { phase: 'Active' });
    const { name } = ensureObject(object, 'metadata');
    if (typeof name === 'string')
      ensureObject(object, 'metadata', 'labels')['kubernetes.io/metadata.name'] = name;
  },
};

function defaultDeployment(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = ensureObject(spec, 'strategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate')
    fill(ensureObject(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
  defaultTemplate(ensureObject(spec, 'template'));
}

function defaultStatefulSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady', serviceName: '' });
  const strategy = ensureObject(spec, 'updateStrategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') fill(ensureObject(strategy, 'rollingUpdate'), { partition: 0 });
  fill(ensureObject(spec, 'persistentVolumeClaimRetentionPolicy'), {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  });
  defaultTemplate(ensureObject(spec, 'template'));
}

/** A pod, unlike a template, requests what it is limited to where it requests nothing. */
function defaultPod(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  defaultPodSpec(spec);
  for (const container of containersOf(spec)) {
    const { limits } = ensureObject(container, 'resources');
    if (isObject(limits)) fill(ensureObject(container, 'resources', 'requests'), limits);
  }
}

function defaultTemplate(template: JsonObject): void {
  const metadata = ensureObject(template, 'metadata');
  if (!('creationTimestamp' in metadata)) metadata['creationTimestamp'] = null;
  defaultPodSpec(ensureObject(template, 'spec'));
}

function defaultPodSpec(spec: JsonObject): void {
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  });
  ensureObject(spec, 'securityContext');
  for (const container of containersOf(spec)) defaultContainer(container);
}

function defaultContainer(container: JsonObject): void {
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicyOf(stringAt(container, 'image')),
  });
  ensureObject(container, 'resources');
  for (const port of objectsAt(container, 'ports')) fill(port, { protocol: 'TCP' });
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[name]);
  roundResources(container);
}

function defaultProbe(probe: unknown): void {
  if (!isObject(probe)) return;
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  const { httpGet } = probe;
  if (isObject(httpGet)) fill(httpGet, { path: '/', scheme: 'HTTP' });
}

function roundResources(container: JsonObject): void {
  for (const amounts of Object.values(ensureObject(container, 'resources'))) {
    if (!isObject(amounts)) continue;
    for (const [name, amount] of Object.entries(amounts))
      if (typeof amount === 'string') amounts[name] = roundedToMilli(amount);
  }
}

/** `default` from `max`, `defaultRequest` from `default`, else from `min`: for the type Container. */
function defaultLimitRange(object: JsonObject): void {
  for (const item of objectsAt(object, 'spec', 'limits')) {
    if (item['type'] !== 'Container') continue;
    if (isObject(item['max'])) fill(ensureObject(item, 'default'), item['max']);
    if (isObject(item['default'])) fill(ensureObject(item, 'defaultRequest'), item['default']);
    if (isObject(item['min'])) fill(ensureObject(item, 'defaultRequest'), item['min']);
  }
}

const containersOf = (spec: JsonObject): JsonObject[] => [
  ...objectsAt(spec, 'initContainers'),
  ...objectsAt(spec, 'containers'),
];

function pullPolicyOf(image: string): string {
  const tag = image.includes('@') ? '@' : (/:([^/:]+)$/.exec(image)?.[1] ?? 'latest');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function fill(target: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= clone(value);
}
