import { load } from 'js-yaml';
import type { ControlPlane } from './control-plane.ts';
import { decode, typeErrors } from './decode.ts';
import { clone, isObject, type Json, type JsonObject, type KubeObject, numberAt, stringAt } from './json.ts';
import { apply } from './managed-fields.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patches.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';
import type { Route } from './route.ts';
import { replicasOf, scaleOf } from './scale.ts';
import { SCALE_SCHEMA, schemaOf } from './schemas.ts';
import { ApiError, badRequest, conflict, invalid, notFound, unsupportedMediaType } from './status.ts';
import { createObject, replaceObject, type WriteOptions, writerOf } from './writes.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** The object after a patch, and whether the patch made it. */
export interface Patched {
  readonly object: KubeObject;
  readonly created: boolean;
}

export interface PatchRequest {
  readonly contentType: string;
  readonly text: string;
  readonly force: boolean | undefined;
  /** Called before an apply creates what is not there: it needs the right to. */
  readonly mayCreate: () => void;
}

/** Patches an object in one of four ways. @throws ApiError 400, 403, 404, 409, 415, 422 */
export function patchObject(
  plane: ControlPlane,
  route: Route,
  request: PatchRequest,
  options: WriteOptions,
): Patched {
  refuseMediaType(route.of, request.contentType);
  refuseOptions(request, options);
  const { of, namespace = '', name } = route;
  const before = plane.storage.get(of, namespace, name);
  if (request.contentType === APPLY_PATCH) return applyObject(plane, route, before, request, options);
  if (before === undefined) throw notFound(of, name);
  const patch = parseJson(request.text);
  const body =
    route.subresource === 'scale'
      ? scaledBody(of, before, patched(SCALE_SCHEMA, scaleOf(before), request.contentType, patch))
      : patched(schemaOf(of), before, request.contentType, patch);
  const unreadable = { ...options, unreadable: 'invalid-patch' as const };
  return { object: replaceObject(plane, of, before, body, unreadable), created: false };
}

/** The parent as a Scale wants it. */
export function scaledBody(of: ResourceType, before: KubeObject, scale: JsonObject): JsonObject {
  const replicas = replicasOf(of, before.metadata.name, scale);
  const body: JsonObject = clone(before);
  const resourceVersion = stringAt(scale, 'metadata', 'resourceVersion');
  body['metadata'] = {
    ...before.metadata,
    resourceVersion: resourceVersion || before.metadata.resourceVersion,
  };
  body['spec'] = { ...(isObject(before['spec']) ? before['spec'] : {}), replicas };
  return body;
}

function patched(
  schema: Parameters<typeof strategicPatch>[0],
  before: JsonObject,
  contentType: string,
  patch: Json,
): JsonObject {
  if (contentType === JSON_PATCH) return jsonPatch(before, patch);
  if (!isObject(patch))
    throw badRequest('json: cannot unmarshal array into Go value of type map[string]interface {}');
  const result =
    contentType === MERGE_PATCH ? mergePatch(before, patch) : strategicPatch(schema, before, patch);
  return isObject(result) ? result : {};
}

function applyObject(
  plane: ControlPlane,
  route: Route,
  before: KubeObject | undefined,
  request: PatchRequest,
  options: WriteOptions,
): Patched {
  const config = appliedConfig(route, request.text);
  const { of, namespace, name } = route;
  if (before === undefined && route.subresource !== '') throw notFound(of, name);
  refuseUntyped(of, namespace, name, config);
  const writer = writerOf(plane, of, options);
  const force = request.force === true;
  const applied = apply(schemaOf(of), before ?? {}, config, writer, force, ignoredBy(of, route.subresource));
  if (before !== undefined) {
    const object = { ...applied.object, metadata: versioned(before, config, applied.object, of) };
    return {
      object: replaceObject(plane, of, before, object, options, applied.managedFields),
      created: false,
    };
  }
  if (stringAt(config, 'metadata', 'uid') !== '')
    throw conflict(
      of,
      name,
      `uid mismatch: the provided object specified uid ${stringAt(config, 'metadata', 'uid')}, and no existing object was found`,
    );
  request.mayCreate();
  return {
    object: createObject(plane, of, namespace, applied.object, options, applied.managedFields),
    created: true,
  };
}

/** The applied object carries the version of the live one, unless the configuration names another. */
function versioned(before: KubeObject, config: JsonObject, object: JsonObject, of: ResourceType): JsonObject {
  const wanted = stringAt(config, 'metadata', 'resourceVersion');
  if (wanted !== '' && wanted !== before.metadata.resourceVersion)
    throw conflict(
      of,
      before.metadata.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  return { ...metadata, resourceVersion: before.metadata.resourceVersion };
}

function appliedConfig(route: Route, text: string): JsonObject {
  const config = parseYaml(text);
  if (isObject(config['metadata']) && config['metadata']['managedFields'] !== undefined)
    throw badRequest('metadata.managedFields must be nil');
  const kind = stringAt(config, 'kind');
  const expected = route.subresource === 'scale' ? 'autoscaling/v1' : apiVersionOf(route.of);
  const version = stringAt(config, 'apiVersion');
  if (kind !== '' && version !== expected)
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${expected}`,
    );
  if (kind === '') throw badRequest(`error decoding YAML: Object 'Kind' is missing in '${text}'`);
  if (route.subresource === 'scale') return { spec: { replicas: numberAt(config, 'spec', 'replicas') } };
  const metadata = isObject(config['metadata']) ? config['metadata'] : {};
  return { ...config, metadata: { ...metadata, name: metadata['name'] ?? route.name } };
}

/**
 * A configuration that does not fit the schema is an error of the server's to kube-apiserver: 500 without a reason. So is an amount
 * that is none.
 */
function refuseUntyped(
  of: ResourceType,
  namespace: string | undefined,
  name: string,
  config: JsonObject,
): void {
  const who = `${namespace ?? ''}/${name}; ${apiVersionOf(of)}, Kind=${of.kind}`;
  const errors = typeErrors(schemaOf(of), config);
  const all = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join('\n')}`;
  if (errors.length > 0) throw new ApiError(500, '', `failed to create typed patch object (${who}): ${all}`);
  const { fatal } = decode(schemaOf(of), of.kind, config);
  if (fatal === undefined) return;
  const version = `${of.group}/${of.version}, Kind=${of.kind}`;
  throw new ApiError(
    500,
    '',
    `failed to convert new object (${who}) to proper version: unable to convert unstructured object to ${version}: ${fatal}`,
  );
}

/** What an apply at this endpoint can not own: the status is written through `/status` alone. */
function ignoredBy(of: ResourceType, subresource: string): string[] {
  if (subresource === 'status') return ['f:spec'];
  return of.subresources.includes('status') ? ['f:status'] : [];
}

function refuseMediaType(of: ResourceType, contentType: string): void {
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(of.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (!accepted.includes(contentType)) throw unsupportedMediaType(accepted);
}

function refuseOptions(request: PatchRequest, options: WriteOptions): void {
  const subject = { group: 'meta.k8s.io', plural: '', kind: 'PatchOptions' };
  if (request.contentType === APPLY_PATCH && options.manager === '')
    throw invalid(subject, '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
        field: 'fieldManager',
      },
    ]);
  if (request.contentType !== APPLY_PATCH && request.force !== undefined)
    throw invalid(subject, '', [
      {
        reason: 'FieldValueForbidden',
        message: 'Forbidden: may not be specified for non-apply patch',
        field: 'force',
      },
    ]);
}

export function parseJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function parseYaml(text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = load(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(parsed)) throw new ApiError(400, 'BadRequest', 'error decoding YAML: an object is expected');
  return parsed;
}
