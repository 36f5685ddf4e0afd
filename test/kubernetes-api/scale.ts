import { decode } from './decode.ts';
import { isObject, type JsonObject, type KubeObject, numberAt, objectAt, stringAt } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { SCALE_SCHEMA } from './schemas.ts';
import { selectorText } from './selectors.ts';
import { badRequest, invalid } from './status.ts';

/** What `/scale` shows of an object that has replicas. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec:
      numberAt(object, 'spec', 'replicas') === 0 ? {} : { replicas: numberAt(object, 'spec', 'replicas') },
    status: { replicas: numberAt(object, 'status', 'replicas'), ...selectorOf(object) },
  };
}

/** Custom resources say in their CRD where the selector stands: for Argo's rollouts it is `.status.selector`. */
function selectorOf(object: KubeObject): JsonObject {
  const stated = stringAt(object, 'status', 'selector');
  const selector = stated === '' ? selectorText(objectAt(object, 'spec', 'selector')) : stated;
  return selector === '' ? {} : { selector };
}

/** The replicas that a Scale asks for. @throws ApiError 400, 422 */
export function replicasOf(of: ResourceType, name: string, scale: JsonObject): number {
  const { fatal } = decode(SCALE_SCHEMA, 'Scale', scale);
  if (fatal !== undefined) throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${fatal}`);
  const replicas = isObject(scale['spec']) ? numberAt(scale, 'spec', 'replicas') : 0;
  if (replicas >= 0) return replicas;
  throw invalid({ ...of, group: 'autoscaling', kind: 'Scale' }, name, [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      field: 'spec.replicas',
    },
  ]);
}
