import type { ControlPlane } from './control-plane.ts';
import {
  ensureObject,
  isObject,
  type JsonObject,
  type KubeObject,
  objectAt,
  objectsAt,
  stringAt,
} from './json.ts';
import { parseQuantity, quantityNumber, writeQuantity } from './quantity.ts';
import { LIMIT_RANGES, PODS, RESOURCE_QUOTAS, type ResourceType } from './resource-types.ts';
import { forbidden } from './status.ts';

/**
 * The admission plugins LimitRanger and ResourceQuota, for pods: limit ranges give defaults to a new pod's containers (in place), then both
 * refuse what is out of bounds.
 *
 * @throws ApiError 403
 */
export function admit(
  plane: ControlPlane,
  of: ResourceType,
  before: KubeObject | undefined,
  object: JsonObject,
  subresource: string,
): void {
  if (of !== PODS || (before !== undefined && subresource !== 'resize')) return;
  const namespace = stringAt(object, 'metadata', 'namespace');
  for (const range of plane.storage.list(LIMIT_RANGES, namespace)) {
    if (before === undefined) giveDefaults(range, object);
    checkRange(range, object);
  }
  for (const quota of plane.storage.list(RESOURCE_QUOTAS, namespace))
    checkQuota(plane, quota, before, object);
}

function giveDefaults(range: KubeObject, pod: JsonObject): void {
  for (const item of objectsAt(range, 'spec', 'limits')) {
    if (item['type'] !== 'Container') continue;
    for (const container of objectsAt(pod, 'spec', 'containers')) {
      const given = Object.keys(objectAt(container, 'resources', 'requests'));
      fill(container, 'limits', objectAt(item, 'default'), []);
      fill(container, 'requests', objectAt(item, 'defaultRequest'), given);
    }
  }
}

function fill(container: JsonObject, part: string, amounts: JsonObject, given: readonly string[]): void {
  for (const [name, amount] of Object.entries(amounts))
    if (!given.includes(name)) ensureObject(container, 'resources', part)[name] ??= amount;
}

function checkRange(range: KubeObject, pod: JsonObject): void {
  const problems = objectsAt(range, 'spec', 'limits').flatMap((item) =>
    item['type'] === 'Container'
      ? objectsAt(pod, 'spec', 'containers').flatMap((container) => rangeProblems(item, container))
      : [],
  );
  if (problems.length === 0) return;
  const all = problems.length === 1 ? `${problems[0]}` : `[${problems.join(', ')}]`;
  throw forbidden(PODS, stringAt(pod, 'metadata', 'name'), all);
}

function rangeProblems(item: JsonObject, container: JsonObject): string[] {
  const limits = objectAt(container, 'resources', 'limits');
  const requests = objectAt(container, 'resources', 'requests');
  const low = Object.entries(objectAt(item, 'min')).flatMap(([name, least]) => {
    const wanted = `minimum ${name} usage per Container is ${least}`;
    if (requests[name] === undefined) return [`${wanted}.  No request is specified`];
    return amount(requests[name]) < amount(least) ? [`${wanted}, but request is ${requests[name]}`] : [];
  });
  const high = Object.entries(objectAt(item, 'max')).flatMap(([name, most]) => {
    const wanted = `maximum ${name} usage per Container is ${most}`;
    if (limits[name] === undefined) return [`${wanted}.  No limit is specified`];
    return amount(limits[name]) > amount(most) ? [`${wanted}, but limit is ${limits[name]}`] : [];
  });
  return [...low, ...high, ...ratioProblems(objectAt(item, 'maxLimitRequestRatio'), limits, requests)];
}

function ratioProblems(ratios: JsonObject, limits: JsonObject, requests: JsonObject): string[] {
  return Object.entries(ratios).flatMap(([name, most]) => {
    const wanted = `${name} max limit to request ratio per Container is ${most}`;
    if (limits[name] === undefined || requests[name] === undefined)
      return [`${wanted}, but no ${limits[name] === undefined ? 'limit' : 'request'} is specified or is 0`];
    const ratio = amount(limits[name]) / amount(requests[name]);
    return ratio > amount(most) ? [`${wanted}, but provided ratio is ${ratio.toFixed(6)}`] : [];
  });
}

function checkQuota(
  plane: ControlPlane,
  quota: KubeObject,
  before: KubeObject | undefined,
  pod: JsonObject,
): void {
  const hard = objectAt(quota, 'spec', 'hard');
  const name = stringAt(pod, 'metadata', 'name');
  const missing = Object.keys(hard).filter((key) => mustBeStated(key) && !everyContainerStates(pod, key));
  if (missing.length > 0)
    throw forbidden(
      PODS,
      name,
      `failed quota: ${quota.metadata.name}: must specify ${missingText(missing, pod)}`,
    );
  const used = usedOf(plane, quota);
  const asks = Object.keys(hard).filter((key) => added(pod, before, key) > 0n);
  const over = asks.filter((key) => nanos(used[key]) + added(pod, before, key) > nanos(hard[key]));
  if (over.length === 0) return;
  const list = (value: (key: string) => string): string =>
    over
      .sort()
      .map((key) => `${key}=${value(key)}`)
      .join(',');
  throw forbidden(
    PODS,
    name,
    `exceeded quota: ${quota.metadata.name}, requested: ${list((key) => text(added(pod, before, key), hard[key]))}, used: ${list((key) => used[key] ?? '0')}, limited: ${list((key) => String(hard[key]))}`,
  );
}

function missingText(missing: readonly string[], pod: JsonObject): string {
  return [...missing]
    .sort()
    .map((key) => {
      const lacking = objectsAt(pod, 'spec', 'containers').filter((container) => !states(container, key));
      return `${key} for: ${lacking.map((container) => stringAt(container, 'name')).join(',')}`;
    })
    .join('; ');
}

/** What the namespace's pods take of every resource that the quota limits. */
export function usedOf(plane: ControlPlane, quota: KubeObject): Record<string, string> {
  const pods = plane.storage
    .list(PODS, quota.metadata.namespace)
    .filter((pod) => !['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase')));
  const hard = Object.entries(objectAt(quota, 'spec', 'hard'));
  return Object.fromEntries(
    hard.map(([key, limit]) => [
      key,
      text(
        pods.reduce((sum, pod) => sum + taken(pod, key), 0n),
        limit,
      ),
    ]),
  );
}

const added = (pod: JsonObject, before: JsonObject | undefined, key: string): bigint =>
  taken(pod, key) - (before === undefined ? 0n : taken(before, key));

/** What one pod takes, in billionths: `requests.cpu` (or `cpu`), `limits.memory`, `pods`. */
function taken(pod: JsonObject, key: string): bigint {
  if (key === 'pods' || key === 'count/pods') return 10n ** 9n;
  const place = placeOf(key);
  if (place === undefined) return 0n;
  return objectsAt(pod, 'spec', 'containers').reduce(
    (sum, container) => sum + nanos(objectAt(container, 'resources', place.part)[place.name]),
    0n,
  );
}

function placeOf(key: string): { part: string; name: string } | undefined {
  if (['cpu', 'memory', 'ephemeral-storage'].includes(key)) return { part: 'requests', name: key };
  const [part = '', ...name] = key.split('.');
  return part === 'requests' || part === 'limits' ? { part, name: name.join('.') } : undefined;
}

const mustBeStated = (key: string): boolean => /^((requests|limits)\.)?(cpu|memory)$/.test(key);

const everyContainerStates = (pod: JsonObject, key: string): boolean =>
  objectsAt(pod, 'spec', 'containers').every((container) => states(container, key));

function states(container: JsonObject, key: string): boolean {
  const place = placeOf(key);
  const amounts = container['resources'];
  return (
    place === undefined || (isObject(amounts) && objectAt(amounts, place.part)[place.name] !== undefined)
  );
}

const amount = (value: unknown): number => (typeof value === 'string' ? quantityNumber(value) : 0);

const nanos = (value: unknown): bigint =>
  typeof value === 'string' ? (parseQuantity(value)?.nanos ?? 0n) : 0n;

/** In the format of the limit that it is compared with. */
function text(value: bigint, like: unknown): string {
  const format = typeof like === 'string' ? (parseQuantity(like)?.format ?? 'decimal') : 'decimal';
  return writeQuantity({ nanos: value, format });
}
