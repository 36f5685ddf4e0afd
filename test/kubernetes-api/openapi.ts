import type { Json } from './json.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';

/**
 * OpenAPI v3, as far as kubectl needs it: that patches take `fieldValidation`, so that kubectl leaves validation to the server.
 */
export function openApi(path: string, types: readonly ResourceType[]): Json | undefined {
  if (path === '/openapi/v3') return indexOf(types);
  const version = /^\/openapi\/v3\/(?:api|apis)\/(.+)$/.exec(path)?.[1];
  const own = types.filter((type) => apiVersionOf(type) === version);
  return own.length === 0 ? undefined : documentOf(own);
}

function indexOf(types: readonly ResourceType[]): Json {
  const versions = [...new Set(types.map(rootOf))];
  return {
    paths: Object.fromEntries(
      versions.map((root) => [root.slice(1), { serverRelativeURL: `/openapi/v3${root}?hash=1` }]),
    ),
  };
}

function documentOf(types: readonly ResourceType[]): Json {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(types.map((type) => [`${placeOf(type)}/{name}`, { patch: patchOf(type) }])),
    components: { schemas: {} },
  };
}

const rootOf = (type: ResourceType): string =>
  type.group === '' ? `/api/${type.version}` : `/apis/${apiVersionOf(type)}`;

const placeOf = (type: ResourceType): string =>
  `${rootOf(type)}${type.namespaced ? '/namespaces/{namespace}' : ''}/${type.plural}`;

function patchOf({ group, version, kind }: ResourceType): Json {
  const parameter = (name: string, type: string): Json => ({
    name,
    in: 'query',
    schema: { type, uniqueItems: true },
  });
  return {
    parameters: [
      parameter('dryRun', 'string'),
      parameter('fieldManager', 'string'),
      parameter('fieldValidation', 'string'),
      parameter('force', 'boolean'),
    ],
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}
