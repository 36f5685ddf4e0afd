import type { ControlPlane } from './control-plane.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request for objects: what is asked of which resource. */
export interface Route {
  readonly of: ResourceType;
  /** Undefined: all namespaces, or a resource without any. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** The one name that a list or watch selects by `fieldSelector=metadata.name=`: rights are asked for it. */
  readonly selectedName: string;
  readonly subresource: string;
  readonly verb: Verb;
}

/** The route of a path, or undefined where no served resource has it. A method without a verb gives none either. */
export function routeOf(
  method: string,
  path: string,
  query: URLSearchParams,
  plane: Pick<ControlPlane, 'types' | 'serves'>,
): Route | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const version = parts[0] === 'api' ? parts[1] : parts[0] === 'apis' ? `${parts[1]}/${parts[2]}` : undefined;
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !isSubresourceOfNamespace(rest);
  const [plural, name = '', subresource = ''] = inNamespace ? rest.slice(2) : rest;
  const of = plane.types().find((type) => apiVersionOf(type) === version && type.plural === plural);
  if (of === undefined || rest.length > (inNamespace ? 5 : 3)) return undefined;
  if (subresource !== '' && !(of.subresources.includes(subresource) && plane.serves(of, subresource)))
    return undefined;
  if (of.namespaced && name !== '' && !inNamespace) return undefined;
  const verb = verbOf(method, name, query);
  return verb === undefined
    ? undefined
    : {
        of,
        namespace: inNamespace ? rest[1] : undefined,
        name,
        selectedName: selectedNameOf(query),
        subresource,
        verb,
      };
}

const selectedNameOf = (query: URLSearchParams): string =>
  /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';

const isSubresourceOfNamespace = (rest: readonly string[]): boolean =>
  rest.length === 3 && rest[2] === 'status';

function verbOf(method: string, name: string, query: URLSearchParams): Verb | undefined {
  switch (method) {
    case 'GET':
      if (name !== '') return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

export const isTrue = (text: string | null): boolean => text === 'true' || text === '1' || text === '';
