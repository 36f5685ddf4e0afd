/** Which cluster there is. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { KubernetesSettings } from '../../../models/settings.ts';

/** What the environment of the process says; main.ts reads it. */
export interface ClusterEnvironment {
  readonly KUBECONFIG?: string | undefined;
  readonly HOME?: string | undefined;
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
  readonly POD_NAMESPACE?: string | undefined;
  /** The name of the pod. */
  readonly HOSTNAME?: string | undefined;
}

/** Where the cluster is described. */
export type ClusterSource = { readonly kind: 'files'; readonly files: readonly string[] } | InCluster;

export interface InCluster {
  readonly kind: 'in-cluster';
  readonly host: string;
  readonly port: string;
  /** Holds `token`, `ca.crt` and `namespace`. */
  readonly folder: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * In this order: `kubernetes.kubeconfig`, the variable KUBECONFIG, the cluster that the daemon runs in, ~/.kube/config.
 * Undefined when there is none of them.
 */
export function findCluster(
  { kubeconfig }: Pick<KubernetesSettings, 'kubeconfig'>,
  environment: ClusterEnvironment,
  folder = SERVICE_ACCOUNT,
): ClusterSource | undefined {
  if (kubeconfig !== undefined) return { kind: 'files', files: [kubeconfig] };
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return { kind: 'files', files: named };
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (host !== '' && existsSync(join(folder, 'token'))) return { kind: 'in-cluster', host, port, folder };
  const home = join(environment.HOME ?? '/', '.kube', 'config');
  return existsSync(home) ? { kind: 'files', files: [home] } : undefined;
}
