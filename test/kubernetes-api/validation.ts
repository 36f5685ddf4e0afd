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
import { selectorMatches } from './selectors.ts';
import type { Cause } from './status.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const STANDARD_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];

/** What is wrong with an object: a cause for every bad field, worded as apimachinery's field errors are. */
export function causesOf(
  kind: string,
  object: JsonObject,
  before: JsonObject | undefined,
  subresource: string,
): Cause[] {
  const byKind = VALIDATORS[kind];
  return [...metadataCauses(object), ...(byKind === undefined ? [] : byKind(object, before, subresource))];
}

type Validator = (object: JsonObject, before: JsonObject | undefined, subresource: string) => Cause[];

const VALIDATORS: Readonly<Record<string, Validator>> = {
  Deployment: (object, before) => [
    ...workloadCauses(object, before),
    ...strategyCauses(objectAt(object, 'spec')),
  ],
  StatefulSet: (object, before) => [...workloadCauses(object, before), ...statefulCauses(object, before)],
  ReplicaSet: workloadCauses,
  Pod: podCauses,
  HorizontalPodAutoscaler: autoscalerCauses,
  Lease: (object) => {
    const seconds = objectAt(object, 'spec')['leaseDurationSeconds'];
    return typeof seconds === 'number' && seconds <= 0
      ? [bad('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : [];
  },
};

/** A pod's spec is fixed but for images and what `/resize` has changed, which must leave the QoS class as it was. */
function podCauses(object: JsonObject, before: JsonObject | undefined, subresource: string): Cause[] {
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
    {
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      field: 'spec',
    },
  ];
}

function metadataCauses(object: JsonObject): Cause[] {
  const name = stringAt(object, 'metadata', 'name');
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  if (NAME.test(name) && name.length <= 253) return [];
  return [
    bad(
      'metadata.name',
      name,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ),
  ];
}

function workloadCauses(object: JsonObject, before: JsonObject | undefined): Cause[] {
  const spec = objectAt(object, 'spec');
  return [
    ...notNegative(spec, 'replicas'),
    ...selectorCauses(spec, before),
    ...notNegative(spec, 'minReadySeconds'),
    ...notNegative(spec, 'revisionHistoryLimit'),
    ...podSpecCauses(objectAt(spec, 'template', 'spec'), 'spec.template.spec'),
  ];
}

function notNegative(spec: JsonObject, field: string): Cause[] {
  const value = numberAt(spec, field);
  return value < 0 ? [bad(`spec.${field}`, value, 'must be greater than or equal to 0')] : [];
}

function selectorCauses(spec: JsonObject, before: JsonObject | undefined): Cause[] {
  const { selector } = spec;
  if (!isObject(selector)) return [required('spec.selector', '')];
  if (before !== undefined && !sameJson(selector, objectAt(before, 'spec')['selector']))
    return [bad('spec.selector', selector, 'field is immutable')];
  const labels = objectAt(spec, 'template', 'metadata', 'labels');
  if (selectorMatches(selector, labels)) return [];
  return [bad('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function strategyCauses(spec: JsonObject): Cause[] {
  const deadline = spec['progressDeadlineSeconds'];
  const tooSoon = typeof deadline === 'number' && deadline <= numberAt(spec, 'minReadySeconds');
  const rolling = objectAt(spec, 'strategy', 'rollingUpdate');
  const none = isNothing(rolling['maxUnavailable']) && isNothing(rolling['maxSurge']);
  const type = stringAt(spec, 'strategy', 'type');
  return [
    ...(tooSoon
      ? [bad('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
    ...(type === 'RollingUpdate' && none
      ? [bad('spec.strategy.rollingUpdate.maxUnavailable', 0, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...(type === 'Recreate' && Object.keys(rolling).length > 0
      ? [
          {
            reason: 'FieldValueForbidden',
            message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
            field: 'spec.strategy.rollingUpdate',
          },
        ]
      : []),
  ];
}

const isNothing = (value: unknown): boolean => value === 0 || value === '0%' || value === '0';

function statefulCauses(object: JsonObject, before: JsonObject | undefined): Cause[] {
  if (before === undefined) return [];
  const fixed = (state: JsonObject): JsonObject => {
    const {
      replicas: _,
      ordinals: __,
      template: ___,
      updateStrategy: ____,
      persistentVolumeClaimRetentionPolicy: _____,
      minReadySeconds: ______,
      revisionHistoryLimit: _______,
      ...rest
    } = objectAt(state, 'spec');
    return rest;
  };
  if (sameJson(fixed(object), fixed(before))) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      message:
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      field: 'spec',
    },
  ];
}

function autoscalerCauses(object: JsonObject): Cause[] {
  const spec = objectAt(object, 'spec');
  const most = numberAt(spec, 'maxReplicas');
  if (most < 1) return [bad('spec.maxReplicas', most, 'must be greater than 0')];
  return most < numberAt(spec, 'minReplicas')
    ? [bad('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')]
    : [];
}

function podSpecCauses(spec: JsonObject, path: string): Cause[] {
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
export function resourceCauses(resources: JsonObject, path: string): Cause[] {
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

const required = (field: string, detail: string): Cause => ({
  reason: 'FieldValueRequired',
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  field,
});

export const bad = (field: string, value: unknown, detail: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${worded(value)}: ${detail}`,
  field,
});

const duplicate = (field: string, value: string): Cause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${JSON.stringify(value)}`,
  field,
});

const worded = (value: unknown): string => JSON.stringify(value);
