import { bad, forbidden } from './field-errors.ts';
import { clone, type JsonObject, type KubeObject, objectAt, objectsAt, sameJson, stringAt } from './json.ts';
import { qosOf } from './qos.ts';
import { quantityNumber } from './quantity.ts';
import type { Cause } from './status.ts';

/** What `/resize` lets through of a changed pod: resources and resize policies of the containers there are. */
export function resizedSpec(before: KubeObject, object: JsonObject): JsonObject {
  const wanted = objectsAt(object, 'spec', 'containers');
  const containers = objectsAt(before, 'spec', 'containers').map((container) => {
    const { resources: _, resizePolicy: __, ...fixed } = container;
    const { resources, resizePolicy } = wanted.find((one) => one['name'] === container['name']) ?? container;
    return { ...fixed, resources, ...(resizePolicy === undefined ? {} : { resizePolicy }) };
  });
  return clone({ ...objectAt(before, 'spec'), containers });
}

/** What Kubernetes refuses to resize (`ValidatePodResize`): all but cpu and memory, removals, another QoS class, on an old node. */
export function resizeCauses(object: JsonObject, before: JsonObject): Cause[] {
  const now = objectsAt(object, 'spec', 'containers');
  const was = objectsAt(before, 'spec', 'containers');
  const causes = now.flatMap((container, index) =>
    containerCauses(container, was[index] ?? {}, `spec.containers[${index}].resources`),
  );
  if (objectsAt(before, 'status', 'containerStatuses').some(isOfOldNode))
    causes.push(forbidden('spec', 'Pod running on node without support for resize'));
  if (qosOf(now) !== qosOf(was))
    causes.push(anotherClass(stringAt(before, 'status', 'qosClass') || qosOf(was)));
  if (!sameJson(now.map(fixedPart), was.map(fixedPart)))
    causes.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return causes;
}

function containerCauses(container: JsonObject, before: JsonObject, path: string): Cause[] {
  const limits = objectAt(container, 'resources', 'limits');
  const oldLimits = objectAt(before, 'resources', 'limits');
  const requests = objectAt(container, 'resources', 'requests');
  const oldRequests = objectAt(before, 'resources', 'requests');
  return [
    ...(lacks(limits, oldLimits) ? [forbidden(`${path}.limits`, 'resource limits cannot be removed')] : []),
    ...(lacks(requests, oldRequests)
      ? [forbidden(`${path}.requests`, 'resource requests cannot be removed')]
      : []),
  ];
}

/** Before Kubernetes 1.34 no memory limit gets smaller without a restart. */
export function memoryCauses(object: JsonObject, before: JsonObject): Cause[] {
  const was = objectsAt(before, 'spec', 'containers');
  return objectsAt(object, 'spec', 'containers').flatMap((container, index) => {
    const limit = (of: JsonObject | undefined) => amountOf(objectAt(of, 'resources', 'limits'));
    if (!(limit(container) < limit(was[index])) || restartsForMemory(container)) return [];
    const path = `spec.containers[${index}].resources.limits[memory]`;
    return [forbidden(path, 'memory limits cannot be decreased unless resizePolicy is RestartContainer')];
  });
}

/** A kubelet that knows nothing of it does not say what a container has. */
const isOfOldNode = (status: JsonObject): boolean =>
  objectAt(status, 'state')['running'] !== undefined && status['resources'] === undefined;

const lacks = (amounts: JsonObject, before: JsonObject): boolean =>
  ['cpu', 'memory'].some((name) => before[name] !== undefined && amounts[name] === undefined);

/** Memory in bytes; no limit at all is no decrease. */
function amountOf(limits: JsonObject): number {
  const { memory } = limits;
  return typeof memory === 'string' ? quantityNumber(memory) : Number.NaN;
}

const restartsForMemory = (container: JsonObject): boolean =>
  objectsAt(container, 'resizePolicy').some(
    (policy) => policy['resourceName'] === 'memory' && policy['restartPolicy'] === 'RestartContainer',
  );

/** A container without its cpu and memory. */
function fixedPart(container: JsonObject): JsonObject {
  const resources = objectAt(container, 'resources');
  const others = (amounts: JsonObject): JsonObject => {
    const { cpu: _, memory: __, ...rest } = amounts;
    return rest;
  };
  return {
    ...container,
    resources: {
      ...resources,
      limits: others(objectAt(resources, 'limits')),
      requests: others(objectAt(resources, 'requests')),
    },
  };
}

const anotherClass = (qosClass: string): Cause =>
  bad('spec', qosClass, 'Pod QOS Class may not change as a result of resizing');
