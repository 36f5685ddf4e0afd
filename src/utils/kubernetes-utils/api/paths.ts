/** Where things are in the API. */
import type { CustomKind } from '../../../models/settings.ts';

/** The core group has no name: `{ group: '' }`. */
export function collectionPath(
  { group, version, plural }: Omit<CustomKind, 'kind'>,
  namespace: string,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath(kind: Omit<CustomKind, 'kind'>, namespace: string, name: string): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

export const PODS = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
export const LEASES = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' };
export const POD_METRICS = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
};
