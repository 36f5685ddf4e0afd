import type { ControlPlane } from './control-plane.ts';
import type { Json } from './json.ts';
import { apiVersionOf, PODS, type ResourceType } from './resource-types.ts';

/** The last version without `pods/resize`, the first that has it switched on, or the next. */
function versionOf(plane: ControlPlane): Json {
  const minor = plane.serves(PODS, 'resize') ? `${plane.minor}` : '32';
  const gitVersion = `v1.${minor}.4`;
  return {
    major: '1',
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2025-08-13T00:00:00Z',
    goVersion: 'go1.24.5',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

/** The answer of a path that describes the API, or undefined where the path is another. */
export function discover(path: string, plane: ControlPlane, address: string): Json | undefined {
  const types = plane.types();
  if (path === '/version') return versionOf(plane);
  if (path === '/api') return apiVersions(address);
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(types) };
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  if (group !== undefined) return oneGroup(types, group);
  const version = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path);
  return version === null ? undefined : resourcesOf(plane, version[1] ?? '', version[2] ?? '');
}

const apiVersions = (address: string): Json => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

function groupsOf(types: readonly ResourceType[]): Json[] {
  const names = [...new Set(types.map(({ group }) => group))].filter((group) => group !== '');
  return names.map((name) => groupOf(types, name));
}

function groupOf(types: readonly ResourceType[], name: string): { [key: string]: Json } {
  const versions = [
    ...new Set(types.filter(({ group }) => group === name).map(({ version }) => version)),
  ].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? null };
}

function oneGroup(types: readonly ResourceType[], name: string): Json | undefined {
  if (!types.some(({ group }) => group === name)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(types, name) };
}

function resourcesOf(plane: ControlPlane, group: string, version: string): Json | undefined {
  const own = plane.types().filter((type) => type.group === group && type.version === version);
  const [first] = own;
  if (first === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: own.flatMap((type) => [
      resourceOf(type),
      ...type.subresources
        .filter((name) => plane.serves(type, name))
        .map((name) => subresourceOf(type, name)),
    ]),
  };
}

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resourceOf(type: ResourceType): Json {
  return {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.createOnly ? ['create'] : type.readOnly ? ['get', 'list'] : ALL_VERBS,
    ...(type.shortNames.length === 0 ? {} : { shortNames: [...type.shortNames] }),
  };
}

function subresourceOf(type: ResourceType, name: string): Json {
  const isScale = name === 'scale';
  return {
    name: `${type.plural}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    ...(isScale ? { group: 'autoscaling', version: 'v1' } : {}),
    kind: isScale ? 'Scale' : type.kind,
    verbs: ['get', 'patch', 'update'],
  };
}
