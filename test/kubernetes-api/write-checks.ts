import type { ControlPlane } from './control-plane.ts';
import { type JsonObject, type KubeObject, stringAt } from './json.ts';
import { apiVersionOf, NAMESPACES, type ResourceType } from './resource-types.ts';
import { badRequest, conflict, forbidden, invalid, notFound, staleVersion } from './status.ts';

export function checkIdentity(
  of: ResourceType,
  namespace: string | undefined,
  name: string,
  body: JsonObject,
): void {
  const { apiVersion, kind } = body;
  if (typeof kind === 'string' && kind !== of.kind)
    throw badRequest(
      `${kind} in version "${of.version}" cannot be handled as a ${of.kind}: no kind "${kind}" is registered`,
    );
  if (typeof apiVersion === 'string' && apiVersion !== apiVersionOf(of))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(of)})`,
    );
  const bodyNamespace = stringAt(body, 'metadata', 'namespace');
  if (of.namespaced && bodyNamespace !== '' && bodyNamespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const bodyName = stringAt(body, 'metadata', 'name');
  if (name !== '' && bodyName !== '' && bodyName !== name)
    throw badRequest(`the name of the object (${bodyName}) does not match the name on the URL (${name})`);
}

export function checkNamespace(plane: ControlPlane, of: ResourceType, namespace: string | undefined): void {
  if (!of.namespaced) return;
  const found = plane.storage.get(NAMESPACES, '', namespace ?? '');
  if (found === undefined) throw notFound(NAMESPACES, namespace ?? '');
  if (found.metadata['deletionTimestamp'] !== undefined)
    throw forbidden(
      of,
      '',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
}

/** Leases and custom resources must name the version that they replace; the rest may leave it out. */
export function checkVersion(of: ResourceType, before: KubeObject, object: JsonObject): void {
  const version = stringAt(object, 'metadata', 'resourceVersion');
  const uid = stringAt(object, 'metadata', 'uid');
  if (uid !== '' && uid !== before.metadata.uid)
    throw conflict(
      of,
      before.metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`,
    );
  if (version !== '' && version !== before.metadata.resourceVersion)
    throw staleVersion(of, before.metadata.name);
  if (version === '' && (of.custom || of.kind === 'Lease'))
    throw invalid(of, before.metadata.name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0x0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
}
