import type { ControlPlane } from './control-plane.ts';
import { type KubeObject, objectsAt } from './json.ts';
import { ALL_TYPES, NAMESPACES, type ResourceType } from './resource-types.ts';
import { asKubeObject } from './writes.ts';

/**
 * Removes an object. What it owns is removed by the controllers, unless the policy is `Orphan`; a namespace takes all that is in it with it.
 * A difference to a real cluster: all of it is gone at once, without grace, `Terminating` or finalizers.
 */
export function removeObject(
  plane: ControlPlane,
  of: ResourceType,
  object: KubeObject,
  policy: string,
): void {
  const { namespace = '', name, uid } = object.metadata;
  if (policy === 'Orphan') for (const type of ALL_TYPES) orphan(plane, type, namespace, uid);
  if (of === NAMESPACES) emptyNamespace(plane, name);
  plane.storage.remove(of, namespace, name);
}

function emptyNamespace(plane: ControlPlane, namespace: string): void {
  for (const type of ALL_TYPES.filter(({ namespaced }) => namespaced))
    for (const { metadata } of plane.storage.list(type, namespace))
      plane.storage.remove(type, namespace, metadata.name);
}

function orphan(plane: ControlPlane, type: ResourceType, namespace: string, uid: string): void {
  for (const object of plane.storage.list(type, namespace)) {
    const owners = objectsAt(object, 'metadata', 'ownerReferences');
    const left = owners.filter((owner) => owner['uid'] !== uid);
    if (left.length === owners.length) continue;
    const metadata = { ...object.metadata, ownerReferences: left };
    plane.storage.update(type, asKubeObject({ ...object, metadata }));
  }
}
