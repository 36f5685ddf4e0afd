/** Who owns a field, by `managedFields` (FieldsV1: https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
import { at } from '../api/json.ts';
import { CHANGE_CAUSE, FIELD_MANAGER } from '../change-cause.ts';
import type { FieldManager } from '../workload/workload.ts';

export type FieldPath = readonly string[];

export const REPLICAS: FieldPath = ['f:spec', 'f:replicas'];

/** What every workload has, and we never set. */
export const SELECTOR: FieldPath = ['f:spec', 'f:selector'];

/** A person may have set it: it is not worth a conflict. */
export const CHANGE_CAUSE_PATH: FieldPath = ['f:metadata', 'f:annotations', `f:${CHANGE_CAUSE}`];

/** A quantity of a container in the pod template. */
export function resourcePath(
  container: string,
  key: 'requests' | 'limits',
  resource: 'cpu' | 'memory',
): FieldPath {
  const item = `k:${JSON.stringify({ name: container })}`;
  const spec = ['f:spec', 'f:template', 'f:spec', 'f:containers', item];
  return [...spec, 'f:resources', `f:${key}`, `f:${resource}`];
}

/** Whether our own applies own the field: what they leave out next time is removed. */
export function weApplied(managers: readonly FieldManager[], path: FieldPath): boolean {
  return managers.some((entry) => isOurApply(entry) && owns(entry, path));
}

/** Whether anybody else owns the field. */
export function othersOwn(managers: readonly FieldManager[], path: FieldPath): boolean {
  return managers.some((entry) => entry.manager !== FIELD_MANAGER && owns(entry, path));
}

/** Others whose applies own the field: they would set it back. */
export function othersApplying(managers: readonly FieldManager[], path: FieldPath): readonly string[] {
  return managers
    .filter((entry) => entry.operation === 'Apply' && !isOurApply(entry) && owns(entry, path))
    .map(({ manager }) => manager);
}

function isOurApply({ manager, operation }: FieldManager): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply';
}

function owns({ fields }: FieldManager, path: FieldPath): boolean {
  return at(fields, ...path) !== undefined;
}
