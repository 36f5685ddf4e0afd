import type { ControlPlane } from './control-plane.ts';
import type { JsonObject, KubeObject } from './json.ts';
import { apiVersionOf } from './resource-types.ts';
import type { Route } from './route.ts';
import { fieldPredicate, labelPredicate, type Predicate } from './selectors.ts';
import { badRequest, expired } from './status.ts';

/** What a list or watch selects. @throws ApiError 400 */
export function selectionOf(route: Route, query: URLSearchParams): Predicate {
  const byLabel = labelPredicate(query.get('labelSelector') ?? '');
  const byField = fieldPredicate(query.get('fieldSelector') ?? '', route.of.plural);
  const byName: Predicate = (object) =>
    route.name === '' || (object as KubeObject).metadata.name === route.name;
  return (object) => byLabel(object) && byField(object) && byName(object);
}

interface Continue {
  readonly version: number;
  readonly start: string;
}

/** A list, in pieces where `limit` asks for it. @throws ApiError 400, 410 for a continue token from before a compaction */
export function listObjects(plane: ControlPlane, route: Route, query: URLSearchParams): JsonObject {
  const from = continueOf(query.get('continue'));
  const limit = Number(query.get('limit') ?? 0);
  const version = from?.version ?? plane.storage.version;
  if (from !== undefined && from.version < plane.storage.compacted)
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
  const found = plane.storage
    .list(route.of, route.namespace)
    .filter(selectionOf(route, query))
    .filter((object) => from === undefined || keyOf(object) > from.start);
  const page = limit > 0 ? found.slice(0, limit) : found;
  const last = page.at(-1);
  const more = page.length < found.length && last !== undefined;
  return {
    kind: `${route.of.kind}List`,
    apiVersion: apiVersionOf(route.of),
    metadata: {
      resourceVersion: String(version),
      ...(more
        ? {
            continue: tokenOf({ version, start: keyOf(last) }),
            ...(isSelective(query) ? {} : { remainingItemCount: found.length - page.length }),
          }
        : {}),
    },
    items: route.of.custom ? page : page.map(withoutType),
  };
}

/** Items of a built-in list carry neither kind nor apiVersion; those of custom resources do. */
function withoutType(object: KubeObject): JsonObject {
  const { apiVersion: _, kind: __, ...rest } = object;
  return rest;
}

/** What is left is not counted where a selector decides. */
const isSelective = (query: URLSearchParams): boolean =>
  query.has('labelSelector') || query.has('fieldSelector');

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

const tokenOf = (token: Continue): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function continueOf(token: string | null): Continue | undefined {
  if (token === null || token === '') return undefined;
  try {
    const parsed: Continue = JSON.parse(Buffer.from(token, 'base64url').toString());
    return parsed;
  } catch {
    throw badRequest('continue key is not valid: invalid continue token');
  }
}
