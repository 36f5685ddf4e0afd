import { type KubeObject, objectsAt, stringAt } from '../json.ts';

export const objectIsOwnedBy = (object: KubeObject, uid: string): boolean =>
  objectsAt(object, 'metadata', 'ownerReferences').some(
    (owner) => owner['uid'] === uid && owner['controller'] === true,
  );

/** The uid of the controlling owner, or empty. */
export function controllerOf(object: KubeObject): string {
  const owner = objectsAt(object, 'metadata', 'ownerReferences').find((one) => one['controller'] === true);
  return owner === undefined ? '' : stringAt(owner, 'uid');
}
