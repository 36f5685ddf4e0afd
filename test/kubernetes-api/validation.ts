import { bad, forbidden, required } from './field-errors.ts';
import { isObject, type JsonObject, numberAt, objectAt, sameJson, stringAt } from './json.ts';
import { podCauses, podSpecCauses } from './pod-validation.ts';
import { selectorMatches } from './selectors.ts';
import type { Cause } from './status.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
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
      ? [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
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
    forbidden(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
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
