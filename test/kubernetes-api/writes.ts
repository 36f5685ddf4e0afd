import { admit } from './admission.ts';
import type { ControlPlane } from './control-plane.ts';
import { type Decoded, decode } from './decode.ts';
import { setDefaults } from './defaults.ts';
import {
  clone,
  ensureObject,
  type JsonObject,
  type KubeObject,
  numberAt,
  objectAt,
  objectsAt,
  sameJson,
  stringAt,
} from './json.ts';
import { ownUpdate } from './managed-fields.ts';
import { sameButTimes, type Writer } from './managers.ts';
import { qosOf } from './qos.ts';
import { memoryCauses, resizedSpec } from './resize.ts';
import { apiVersionOf, NAMESPACES, PODS, type ResourceType } from './resource-types.ts';
import { schemaOf } from './schemas.ts';
import { alreadyExists, badRequest, invalid } from './status.ts';
import { causesOf } from './validation.ts';
import { checkIdentity, checkNamespace, checkVersion } from './write-checks.ts';

/** How a write is to be done: the options of its query, and who does it. */
export interface WriteOptions {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string;
  readonly dryRun: boolean;
  readonly validation: 'Strict' | 'Warn' | 'Ignore';
  /** Told of every unknown field under `Warn`. */
  readonly warn: (message: string) => void;
  /** What a JSON or merge patch made cannot be read: 422; a body that cannot be read: 400. */
  readonly unreadable: 'bad-request' | 'invalid-patch';
}

/** Decodes what a client sent. @throws ApiError 400, or 422 for the result of a patch */
export function decodeBody(of: ResourceType, body: JsonObject, options: WriteOptions): JsonObject {
  const decoded = decode(schemaOf(of), of.kind, body);
  refuseUnreadable(of, decoded, body, options);
  if (options.validation === 'Warn')
    for (const field of decoded.unknown) options.warn(`unknown field "${field}"`);
  return decoded.value;
}

function refuseUnreadable(of: ResourceType, decoded: Decoded, body: JsonObject, options: WriteOptions): void {
  const strict =
    options.validation === 'Strict' && decoded.unknown.length > 0
      ? `strict decoding error: ${decoded.unknown.map((field) => `unknown field "${field}"`).join(', ')}`
      : undefined;
  const problem = decoded.fatal ?? strict;
  if (problem === undefined) return;
  if (options.unreadable === 'bad-request')
    throw badRequest(`${of.kind} in version "${of.version}" cannot be handled as a ${of.kind}: ${problem}`);
  const subject = { group: '', plural: '', kind: '' };
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(body))}: ${problem}`;
  throw invalid(subject, '', [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
}

/** Stores a new object. @throws ApiError 400, 403, 404, 409, 422 */
export function createObject(
  plane: ControlPlane,
  of: ResourceType,
  namespace: string | undefined,
  body: JsonObject,
  options: WriteOptions,
  managed?: JsonObject[],
): KubeObject {
  checkIdentity(of, namespace, '', body);
  const object = decodeBody(of, body, options);
  const metadata = ensureObject(object, 'metadata');
  if (stringAt(metadata, 'resourceVersion') !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  nameIt(metadata);
  if (of.namespaced) metadata['namespace'] = namespace;
  identify(of, object);
  checkNamespace(plane, of, namespace);
  if (plane.storage.get(of, namespace ?? '', stringAt(metadata, 'name')) !== undefined)
    throw alreadyExists(of, stringAt(metadata, 'name'));
  if (of.subresources.includes('status') && of !== NAMESPACES) delete object['status'];
  plane.storage.stamp(metadata);
  setDefaults(of.kind, object);
  if (of === PODS)
    object['status'] = { phase: 'Pending', qosClass: qosOf(objectsAt(object, 'spec', 'containers')) };
  if (hasGeneration(of)) metadata['generation'] = 1;
  return finish(plane, of, undefined, object, options, managed);
}

/** Replaces an object, or a part of it through a subresource. @throws ApiError 400, 403, 409, 422 */
export function replaceObject(
  plane: ControlPlane,
  of: ResourceType,
  before: KubeObject,
  body: JsonObject,
  options: WriteOptions,
  managed?: JsonObject[],
): KubeObject {
  checkIdentity(of, before.metadata.namespace, before.metadata.name, body);
  const object = decodeBody(of, body, options);
  checkVersion(of, before, object);
  identify(of, object);
  keepWhatIsFixed(before, object);
  keepOtherParts(of, before, object, options.subresource);
  setDefaults(of.kind, object);
  if (options.subresource !== 'status') countGeneration(of, before, object);
  return finish(plane, of, before, object, options, managed);
}

function finish(
  plane: ControlPlane,
  of: ResourceType,
  before: KubeObject | undefined,
  object: JsonObject,
  options: WriteOptions,
  managed: JsonObject[] | undefined,
): KubeObject {
  if (options.subresource !== 'status') admitAndCheck(plane, of, before, object, options.subresource);
  const writer = writerOf(plane, of, options);
  const metadata = ensureObject(object, 'metadata');
  const entries = managed ?? ownUpdate(schemaOf(of), before ?? {}, object, writer);
  if (entries.length > 0) metadata['managedFields'] = entries;
  else delete metadata['managedFields'];
  const done = asKubeObject(object);
  if (before !== undefined && sameButTimes(before, done)) return before;
  if (options.dryRun) return dryRunResult(before, done);
  return before === undefined ? plane.storage.create(of, done) : plane.storage.update(of, done);
}

function admitAndCheck(
  plane: ControlPlane,
  of: ResourceType,
  before: KubeObject | undefined,
  object: JsonObject,
  subresource: string,
): void {
  admit(plane, of, before, object, subresource);
  const causes = of.custom ? [] : causesOf(of.kind, object, before, subresource);
  if (before !== undefined && subresource === 'resize' && plane.minor < 34)
    causes.push(...memoryCauses(object, before));
  if (causes.length > 0) throw invalid(of, stringAt(object, 'metadata', 'name'), causes);
}

export function writerOf(plane: ControlPlane, of: ResourceType, options: WriteOptions): Writer {
  return {
    manager: options.manager,
    operation: options.operation,
    apiVersion: apiVersionOf(of),
    subresource: options.subresource,
    time: plane.storage.timestamp(),
  };
}

/** A dry run keeps the old version; a new object has none. */
function dryRunResult(before: KubeObject | undefined, object: KubeObject): KubeObject {
  const shown = clone(object);
  if (before === undefined) delete (shown.metadata as JsonObject)['resourceVersion'];
  else shown.metadata.resourceVersion = before.metadata.resourceVersion;
  return shown;
}

function keepWhatIsFixed(before: KubeObject, object: JsonObject): void {
  const metadata = ensureObject(object, 'metadata');
  const { name, namespace, uid, creationTimestamp, generation, resourceVersion, deletionTimestamp } =
    before.metadata;
  Object.assign(metadata, {
    name,
    namespace,
    uid,
    creationTimestamp,
    generation,
    resourceVersion,
    deletionTimestamp,
  });
  const entries = metadata['managedFields'];
  if (!Array.isArray(entries) || entries.length === 0)
    metadata['managedFields'] = clone(before.metadata['managedFields'] ?? []);
}

/** The object's endpoint does not write the status, and `/status` writes nothing else. */
function keepOtherParts(of: ResourceType, before: KubeObject, object: JsonObject, subresource: string): void {
  if (subresource === 'status') {
    for (const key of Object.keys(object)) if (key !== 'status' && key !== 'metadata') delete object[key];
    for (const [key, value] of Object.entries(before))
      if (key !== 'status' && key !== 'metadata') object[key] = clone(value);
    return;
  }
  if (subresource === 'resize') object['spec'] = resizedSpec(before, object);
  if (of.subresources.includes('status')) object['status'] = clone(before['status']);
}

function countGeneration(of: ResourceType, before: KubeObject, object: JsonObject): void {
  if (!hasGeneration(of)) return;
  const annotations = (state: JsonObject): JsonObject => objectAt(state, 'metadata', 'annotations');
  const changed =
    !sameJson(before['spec'], object['spec']) ||
    (of.kind === 'Deployment' && !sameJson(annotations(before), annotations(object)));
  ensureObject(object, 'metadata')['generation'] =
    numberAt(before, 'metadata', 'generation') + (changed ? 1 : 0);
}

const hasGeneration = (of: ResourceType): boolean =>
  of.custom || ['Deployment', 'StatefulSet', 'ReplicaSet', 'Pod'].includes(of.kind);

function identify(of: ResourceType, object: JsonObject): void {
  object['apiVersion'] = apiVersionOf(of);
  object['kind'] = of.kind;
}

function nameIt(metadata: JsonObject): void {
  const prefix = stringAt(metadata, 'generateName');
  if (stringAt(metadata, 'name') === '' && prefix !== '') metadata['name'] = `${prefix}${randomSuffix()}`;
}

/** Five letters out of those that the API machinery draws names from. */
export function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
}

/** The edge between free JSON and a stored object: identity has been filled in above. */
export function asKubeObject(object: JsonObject): KubeObject {
  return object as KubeObject;
}
