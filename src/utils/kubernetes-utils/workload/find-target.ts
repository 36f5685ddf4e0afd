/** Which workload and which container a service is. */
import type { ServiceSpec } from '../../../models/data-models.ts';
import { textsAt } from '../api/json.ts';
import { targetNameOf } from './target-names.ts';
import { type Container, describeRef, type Workload, type WorkloadRef } from './workload.ts';

export type Found<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'not-found'; readonly reason: string };

/**
 * Among all workloads of the namespace: the one that the service's `deployment` names; else the one that is named as
 * the service; else the one that carries the service's id in the label.
 */
export function findTarget<T extends Pick<Workload, keyof WorkloadRef | 'labels'>>(
  service: ServiceSpec,
  namespace: string,
  workloads: readonly T[],
  label: string,
): Found<T> {
  const { kind, name } = targetNameOf(service);
  const named = workloads.filter(
    (workload) => workload.name === name && (kind === undefined || workload.kind.kind === kind),
  );
  if (named.length > 0 || kind !== undefined)
    return only(
      service,
      named,
      `there is no ${kind} ${namespace}/${name}, which services.${service.id}.deployment names`,
    );
  const labelled = workloads.filter(({ labels }) => labels.get(label) === service.id);
  return only(
    service,
    labelled,
    `nothing in namespace ${namespace} is named ${service.id} or has the label ${label}=${service.id}; services.${service.id}.deployment can name it`,
  );
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/**
 * The container that the service's `container` names; else the only one; else the one named as the service or as its
 * workload; else the pods' default container.
 */
export function findContainer(
  { id, container: wanted }: ServiceSpec,
  workload: Pick<Workload, keyof WorkloadRef | 'containers' | 'template'>,
): Found<Container> {
  const { containers } = workload;
  const named = (name: string | undefined) => containers.find((container) => container.name === name);
  const found =
    wanted === undefined
      ? ((containers.length === 1 ? containers[0] : undefined) ??
        named(id) ??
        named(workload.name) ??
        named(textsAt(workload.template, 'metadata', 'annotations').get(DEFAULT_CONTAINER)))
      : named(wanted);
  if (found !== undefined) return { kind: 'found', value: found };
  const names = containers.map(({ name }) => name).join(', ') || 'none';
  const reason =
    wanted === undefined
      ? `which container of ${describeRef(workload)} is the service cannot be told; set services.${id}.container to one of ${names}`
      : `${describeRef(workload)} has no container ${wanted}, which services.${id}.container names, but ${names}`;
  return { kind: 'not-found', reason };
}

function only<T extends WorkloadRef>({ id }: ServiceSpec, found: readonly T[], absent: string): Found<T> {
  const [first, ...others] = found;
  if (first === undefined) return { kind: 'not-found', reason: absent };
  if (others.length === 0) return { kind: 'found', value: first };
  const names = found.map(({ kind, name }) => `${kind.kind}/${name}`).join(' and ');
  return {
    kind: 'not-found',
    reason: `both ${names} may be meant; set services.${id}.deployment to one of them`,
  };
}
