import type { Route } from './route.ts';
import { ApiError, forbidden, unauthorized } from './status.ts';

/** RBAC in small: what one user may do. `*` stands for all. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** `deployments`, `deployments/scale`. */
  readonly resources: readonly string[];
  /** All namespaces when left out. */
  readonly namespaces?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface User {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export const ALL_RIGHTS: readonly Rule[] = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];

const ANONYMOUS: User = { name: 'system:anonymous', rules: [] };

/** What is asked, as authorization sees it. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The bearer tokens that the server knows, and what their users may do. */
export class Access {
  readonly #users = new Map<string, User>();

  allow(token: string, user: User): void {
    this.#users.set(token, user);
  }

  /** From now on the token is answered 401, as an expired one is. */
  expire(token: string): void {
    this.#users.delete(token);
  }

  /** @throws ApiError 401 for a token that is unknown or expired; no token at all is the anonymous user */
  userOf(authorization: string | undefined): User {
    if (authorization === undefined) return ANONYMOUS;
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    const user = token === undefined ? undefined : this.#users.get(token);
    if (user === undefined) throw unauthorized();
    return user;
  }
}

export function mayDo(user: User, asked: Attributes): boolean {
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return user.rules.some(
    (rule) =>
      names(rule.verbs, asked.verb) &&
      names(rule.apiGroups, asked.group) &&
      (names(rule.resources, resource) || rule.resources.includes(`*/${asked.subresource}`)) &&
      (rule.namespaces === undefined || rule.namespaces.includes(asked.namespace)) &&
      (rule.resourceNames === undefined || rule.resourceNames.includes(asked.name)),
  );
}

/** @throws ApiError 403 worded as RBAC words it */
export function authorize(user: User, route: Route, verb: string = route.verb): void {
  const asked = attributesOf(route, verb);
  if (mayDo(user, asked)) return;
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const where = asked.namespace === '' ? 'at the cluster scope' : `in the namespace "${asked.namespace}"`;
  throw forbidden(
    route.of,
    route.name,
    `User "${user.name}" cannot ${asked.verb} resource "${resource}" in API group "${asked.group}" ${where}`,
  );
}

/** @throws ApiError 403 for the anonymous user at a path that is no resource */
export function authorizePath(user: User, method: string, path: string): void {
  if (user !== ANONYMOUS || /^\/(version|healthz|livez|readyz)/.test(path)) return;
  throw new ApiError(
    403,
    'Forbidden',
    `forbidden: User "${user.name}" cannot ${method.toLowerCase()} path "${path}"`,
    {},
  );
}

function attributesOf(route: Route, verb: string): Attributes {
  return {
    verb,
    group: route.of.group,
    resource: route.of.plural,
    subresource: route.subresource,
    namespace: route.namespace ?? (route.of.plural === 'namespaces' ? route.name : ''),
    name: route.name === '' ? route.selectedName : route.name,
  };
}

const names = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
