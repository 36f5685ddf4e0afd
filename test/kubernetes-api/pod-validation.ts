import { bad, duplicate, forbidden, required } from './field-errors.ts';
import {
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  sameJson,
  stringAt,
} from './json.ts';
import { quantityNumber } from './quantity.ts';
import { resizeCauses } from './resize.ts';
import type { Cause } from './status.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const STANDARD_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];

/** A pod's spec is fixed but for images and what `/resize` has changed, which must leave the QoS class as it was. */
export function podCauses(object: JsonObject, before: JsonObject | undefined, subresource: string): Cause[] {
  const spec = objectAt(object, 'spec');
  const causes = podSpecCauses(spec, 'spec');
  if (before === undefined || causes.length > 0) return causes;
  if (subresource !== 'resize') return fixedPodSpec(spec, objectAt(before, 'spec'));
  return resizeCauses(object, before);
}

function fixedPodSpec(spec: JsonObject, before: JsonObject): Cause[] {
  const fixed = (state: JsonObject): JsonObject => {
    const { activeDeadlineSeconds: _, terminationGracePeriodSeconds: __, tolerations: ___, ...rest } = state;
    const withoutImage = (container: JsonObject): JsonObject => ({ ...container, image: '' });
    return {
      ...rest,
      containers: objectsAt(state, 'containers').map(withoutImage),
      initContainers: objectsAt(state, 'initContainers').map(withoutImage),
    };
  };
  if (sameJson(fixed(spec), fixed(before))) return [];
  return [
    forbidden(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

export function podSpecCauses(spec: JsonObject, path: string): Cause[] {
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) return [required(`${path}.containers`, '')];
  const names = containers.map((container) => stringAt(container, 'name'));
  return [
    ...containers.flatMap((container, index) => containerCauses(container, `${path}.containers[${index}]`)),
    ...objectsAt(spec, 'initContainers').flatMap((container, index) =>
      containerCauses(container, `${path}.initContainers[${index}]`),
    ),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index ? [] : [duplicate(`${path}.containers[${index}].name`, name)],
    ),
  ];
}

function containerCauses(container: JsonObject, path: string): Cause[] {
  const name = stringAt(container, 'name');
  return [
    ...(name === '' ? [required(`${path}.name`, '')] : []),
    ...(name !== '' && !LABEL.test(name)
      ? [
          bad(
            `${path}.name`,
            name,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
          ),
        ]
      : []),
    ...(stringAt(container, 'image') === '' ? [required(`${path}.image`, '')] : []),
    ...resourceCauses(objectAt(container, 'resources'), `${path}.resources`),
    ...listAt(container, 'ports').flatMap((port, index) => portCauses(port, `${path}.ports[${index}]`)),
  ];
}

function portCauses(port: unknown, path: string): Cause[] {
  const value = isObject(port) ? numberAt(port, 'containerPort') : 0;
  if (value === 0) return [required(`${path}.containerPort`, '')];
  return value < 1 || value > 65535
    ? [bad(`${path}.containerPort`, value, 'must be between 1 and 65535, inclusive')]
    : [];
}

/** Limits first, then requests: names, signs, and that no request is above its limit. */
function resourceCauses(resources: JsonObject, path: string): Cause[] {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => amountCauses(name, amount, `${path}.limits`)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...amountCauses(name, amount, `${path}.requests`),
      ...aboveLimit(name, amount, limits[name], `${path}.requests`),
    ]),
  ];
}

function amountCauses(name: string, amount: unknown, path: string): Cause[] {
  if (!isContainerResource(name))
    return [bad(`${path}[${name}]`, name, 'must be a standard resource for containers')];
  return typeof amount === 'string' && quantityNumber(amount) < 0
    ? [bad(`${path}[${name}]`, amount, 'must be greater than or equal to 0')]
    : [];
}

const isContainerResource = (name: string): boolean =>
  STANDARD_RESOURCES.includes(name) || name.startsWith('hugepages-') || name.includes('/');

function aboveLimit(name: string, request: unknown, limit: unknown, path: string): Cause[] {
  if (typeof request !== 'string' || typeof limit !== 'string') return [];
  return quantityNumber(request) > quantityNumber(limit)
    ? [bad(path, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}
