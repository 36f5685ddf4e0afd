import type { ServerResponse } from 'node:http';
import { type Attributes, authorize, mayDo, type User } from './access.ts';
import type { ControlPlane } from './control-plane.ts';
import { isObject, type Json, type JsonObject, type KubeObject, objectAt, stringAt } from './json.ts';
import { metricsOf } from './metrics.ts';
import { parseJson, parseYaml, patchObject, scaledBody } from './patching.ts';
import { listObjects, selectionOf } from './reads.ts';
import { removeObject } from './removal.ts';
import { ACCESS_REVIEWS, apiVersionOf, POD_METRICS, resourceName } from './resource-types.ts';
import { isTrue, type Route } from './route.ts';
import { scaleOf } from './scale.ts';
import { badRequest, conflict, methodNotAllowed, notFound, unsupportedMediaType } from './status.ts';
import type { Watches } from './watch.ts';
import { createObject, replaceObject, type WriteOptions } from './writes.ts';

/** One request, read. */
export interface ApiRequest {
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly userAgent: string;
  readonly contentType: string;
  readonly text: string;
  /** Warnings are sent as headers of the answer. */
  readonly warn: (message: string) => void;
}

export interface Answer {
  readonly code: number;
  readonly body: Json;
}

/** Does what a request for objects asks. @throws ApiError for everything that is answered by a Status of failure */
export function handle(plane: ControlPlane, request: ApiRequest): Answer {
  const { route } = request;
  authorize(request.user, route);
  if (route.of === POD_METRICS) return readMetrics(plane, request);
  if (route.of === ACCESS_REVIEWS) return reviewAccess(request);
  switch (route.verb) {
    case 'get':
      return { code: 200, body: shown(route, existing(plane, route)) };
    case 'list':
      return { code: 200, body: listObjects(plane, route, request.query) };
    case 'create':
      return create(plane, request);
    case 'update':
      return update(plane, request);
    case 'patch':
      return patch(plane, request);
    case 'delete':
      return remove(plane, request);
    case 'deletecollection':
      return removeAll(plane, request);
    case 'watch':
      throw methodNotAllowed();
  }
}

function readMetrics(plane: ControlPlane, { route, query }: ApiRequest): Answer {
  if (route.verb !== 'get' && route.verb !== 'list') throw methodNotAllowed();
  return { code: 200, body: metricsOf(plane, route, query) };
}

/** Watches end on their own: they answer for as long as they last. */
export function startWatch(watches: Watches, request: ApiRequest, response: ServerResponse): void {
  const { route, query } = request;
  authorize(request.user, route);
  watches.start(
    {
      of: route.of,
      namespace: route.namespace,
      selects: selectionOf(route, query),
      resourceVersion: query.get('resourceVersion') ?? '',
      bookmarks: query.has('allowWatchBookmarks') && isTrue(query.get('allowWatchBookmarks')),
      timeoutSeconds: Number(query.get('timeoutSeconds') ?? 0) || 1800,
    },
    response,
  );
}

function create(plane: ControlPlane, request: ApiRequest): Answer {
  const { route } = request;
  if (route.name !== '') throw methodNotAllowed();
  const body = bodyOf(request);
  return { code: 201, body: createObject(plane, route.of, route.namespace, body, optionsOf(request)) };
}

function update(plane: ControlPlane, request: ApiRequest): Answer {
  const { route } = request;
  if (route.name === '') throw methodNotAllowed();
  const before = existing(plane, route);
  const sent = bodyOf(request);
  const body = route.subresource === 'scale' ? scaledBody(route.of, before, sent) : sent;
  return { code: 200, body: shown(route, replaceObject(plane, route.of, before, body, optionsOf(request))) };
}

function patch(plane: ControlPlane, request: ApiRequest): Answer {
  const { route, query, contentType, text, user } = request;
  if (route.name === '') throw methodNotAllowed();
  const force = query.has('force') ? isTrue(query.get('force')) : undefined;
  const mayCreate = (): void => authorize(user, route, 'create');
  const operation = contentType === 'application/apply-patch+yaml' ? 'Apply' : 'Update';
  const options: WriteOptions = { ...optionsOf(request), operation };
  const { object, created } = patchObject(plane, route, { contentType, text, force, mayCreate }, options);
  return { code: created ? 201 : 200, body: shown(route, object) };
}

function remove(plane: ControlPlane, request: ApiRequest): Answer {
  const { route } = request;
  const found = existing(plane, route);
  const options = request.text === '' ? {} : bodyOf(request);
  checkPreconditions(route, found, objectAt(options, 'preconditions'));
  const policy = request.query.get('propagationPolicy') ?? stringAt(options, 'propagationPolicy');
  const dryRun = isDryRun(request.query) || listHasAll(options['dryRun']);
  if (!dryRun) removeObject(plane, route.of, found, policy);
  return { code: 200, body: deleted(route, found) };
}

function removeAll(plane: ControlPlane, request: ApiRequest): Answer {
  const { route, query } = request;
  const list = plane.storage.list(route.of, route.namespace).filter(selectionOf(route, query));
  const answer = listObjects(plane, route, query);
  if (!isDryRun(query))
    for (const { metadata } of list) plane.storage.remove(route.of, metadata.namespace ?? '', metadata.name);
  return { code: 200, body: answer };
}

function checkPreconditions(route: Route, found: KubeObject, wanted: JsonObject): void {
  const { uid, resourceVersion } = wanted;
  const { metadata } = found;
  if (typeof uid === 'string' && uid !== metadata.uid)
    throw conflict(
      route.of,
      route.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  if (typeof resourceVersion === 'string' && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      route.of,
      route.name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
}

/** Pods and custom resources are answered whole, the rest with a Status of success. */
function deleted(route: Route, found: KubeObject): Json {
  const { name, uid } = found.metadata;
  if (route.of.plural === 'pods') return found;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(route.of.group === '' ? {} : { group: route.of.group }),
      kind: route.of.plural,
      uid,
    },
  };
}

/** What the asking user may do: the body of a SelfSubjectAccessReview, answered. */
function reviewAccess(request: ApiRequest): Answer {
  if (request.route.verb !== 'create') throw methodNotAllowed();
  const body = bodyOf(request);
  const wanted = objectAt(body, 'spec', 'resourceAttributes');
  const asked: Attributes = {
    verb: stringAt(wanted, 'verb'),
    group: stringAt(wanted, 'group'),
    resource: stringAt(wanted, 'resource'),
    subresource: stringAt(wanted, 'subresource'),
    namespace: stringAt(wanted, 'namespace'),
    name: stringAt(wanted, 'name'),
  };
  const allowed = mayDo(request.user, asked);
  return {
    code: 201,
    body: {
      kind: ACCESS_REVIEWS.kind,
      apiVersion: apiVersionOf(ACCESS_REVIEWS),
      metadata: { creationTimestamp: null },
      spec: objectAt(body, 'spec'),
      status: allowed ? { allowed, reason: 'RBAC: allowed' } : { allowed },
    },
  };
}

function existing(plane: ControlPlane, { of, namespace = '', name }: Route): KubeObject {
  const found = plane.storage.get(of, namespace, name);
  if (found === undefined) throw notFound(of, name);
  return found;
}

const shown = (route: Route, object: KubeObject): JsonObject =>
  route.subresource === 'scale' ? scaleOf(object) : object;

function bodyOf(request: ApiRequest): JsonObject {
  const parsed = request.contentType === 'application/yaml' ? parseYaml(request.text) : jsonOf(request);
  if (!isObject(parsed)) throw badRequest(`an object is expected for ${resourceName(request.route.of)}`);
  return parsed;
}

function jsonOf({ contentType, text }: ApiRequest): Json {
  if (!['', '*/*', 'application/json'].includes(contentType)) throw unsupportedMediaType(BODY_TYPES);
  return parseJson(text);
}

const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

function optionsOf(request: ApiRequest): WriteOptions {
  const { query } = request;
  return {
    manager: query.get('fieldManager') ?? (isApply(request) ? '' : managerOf(request.userAgent)),
    operation: 'Update',
    subresource: request.route.subresource,
    dryRun: isDryRun(query),
    validation: validationOf(query.get('fieldValidation')),
    warn: request.warn,
    unreadable: 'bad-request',
  };
}

const isApply = (request: ApiRequest): boolean => request.contentType === 'application/apply-patch+yaml';

/** A writer that gives no name is known by the first part of its user agent. */
const managerOf = (userAgent: string): string => userAgent.split('/')[0]?.slice(0, 128) || 'unknown';

function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  if (values.some((value) => value !== 'All'))
    throw badRequest(`invalid dryRun: Unsupported value: ${JSON.stringify(values)}: supported values: "All"`);
  return values.length > 0;
}

const listHasAll = (value: Json | undefined): boolean => Array.isArray(value) && value.includes('All');

function validationOf(text: string | null): 'Strict' | 'Warn' | 'Ignore' {
  return text === 'Strict' || text === 'Ignore' ? text : 'Warn';
}
