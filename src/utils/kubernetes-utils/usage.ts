/** What the instances of services use, from metrics.k8s.io. */
import type { ServiceSpec } from '../../models/data-models.ts';
import type { UsageSample } from '../../models/metrics.ts';
import type { Logger } from '../../models/ports.ts';
import type { ApiClient } from './api/api-client.ts';
import { describeFailure, isStatus } from './api/api-failure.ts';
import { at, listAt, secondsAt, textAt } from './api/json.ts';
import { listAll } from './api/list-all.ts';
import { collectionPath, POD_METRICS } from './api/paths.ts';
import { coresOf, mebibytesOf } from './quantities.ts';
import type { NamespaceView } from './watch/namespace-view.ts';
import type { Pod } from './workload/pod.ts';

interface Measured {
  readonly atSeconds: number;
  /** By container: cores, and MiB of the working set. */
  readonly containers: ReadonlyMap<string, { readonly cpu?: number; readonly memory?: number }>;
}

export class UsageReader {
  readonly #client: ApiClient;
  readonly #logger: Logger;
  /** Time of the latest sample by service: what was measured once is told once. */
  readonly #told = new Map<string, number>();
  /** Trouble by namespace, so that each is logged when it begins and when it ends. */
  readonly #trouble = new Map<string, string>();

  constructor(client: ApiClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Samples of the services that are in the namespace; none where nothing new was measured. */
  async read(
    view: NamespaceView,
    services: readonly ServiceSpec[],
    signal: AbortSignal | undefined,
  ): Promise<readonly UsageSample[]> {
    const listing = await listAll(this.#client, collectionPath(POD_METRICS, view.namespace), { signal });
    if (listing.kind === 'failure') {
      const isMissing = isStatus(listing.failure, 404, 503);
      const what = isMissing ? 'metrics.k8s.io is not served (is metrics-server installed?): ' : '';
      if (listing.failure.kind !== 'aborted')
        this.#tell(view.namespace, what + describeFailure(listing.failure));
      return [];
    }
    this.#tell(view.namespace, undefined);
    const measured = new Map(listing.items.flatMap(measurement));
    return services.flatMap((service) => this.#sample(service, view, measured));
  }

  #sample(
    service: ServiceSpec,
    view: NamespaceView,
    measured: ReadonlyMap<string, Measured>,
  ): readonly UsageSample[] {
    const located = view.locate(service);
    if (located.kind === 'unknown') return [];
    const pods = view.podsOf(located.workload);
    if (typeof pods === 'string') return [];
    const sample = sampleOf(service.id, pods, located.container.name, measured);
    if (sample === undefined || sample.atSeconds <= (this.#told.get(service.id) ?? 0)) return [];
    this.#told.set(service.id, sample.atSeconds);
    return [sample];
  }

  #tell(namespace: string, trouble: string | undefined): void {
    const known = this.#trouble.get(namespace);
    if (trouble === known) return;
    if (trouble === undefined) {
      this.#trouble.delete(namespace);
      this.#logger.info({ namespace }, 'use of CPU and memory is measured again');
    } else {
      this.#trouble.set(namespace, trouble);
      if (known === undefined)
        this.#logger.warn({ namespace, trouble }, 'use of CPU and memory is not measured');
    }
  }
}

/**
 * CPU of all instances together, memory of the largest. Only where every ready instance was measured: a part of them
 * would look like less load. The time is that of the oldest measurement.
 */
function sampleOf(
  service: string,
  pods: readonly Pod[],
  container: string,
  measured: ReadonlyMap<string, Measured>,
): UsageSample | undefined {
  const running = pods.filter(({ ready, beingDeleted }) => ready && !beingDeleted);
  const found = running.flatMap(({ name }) => measured.get(name) ?? []);
  if (found.length === 0 || found.length < running.length) return undefined;
  const uses = found.flatMap(({ containers }) => containers.get(container) ?? []);
  const cpus = uses.flatMap(({ cpu }) => cpu ?? []);
  const memories = uses.flatMap(({ memory }) => memory ?? []);
  return {
    service,
    atSeconds: Math.min(...found.map(({ atSeconds }) => atSeconds)),
    ...(cpus.length === running.length && { cpu: cpus.reduce((sum, cpu) => sum + cpu, 0) }),
    ...(memories.length === running.length && { memory: Math.max(...memories) }),
  };
}

/** By name of the pod; nothing for what has no time. */
function measurement(raw: unknown): readonly (readonly [string, Measured])[] {
  const name = textAt(raw, 'metadata', 'name');
  const atSeconds = secondsAt(raw, 'timestamp');
  if (name === undefined || atSeconds === undefined) return [];
  const containers = listAt(raw, 'containers').map((container) => {
    const [cpu, memory] = [
      coresOf(at(container, 'usage', 'cpu')),
      mebibytesOf(at(container, 'usage', 'memory')),
    ];
    return [
      textAt(container, 'name') ?? '',
      { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) },
    ] as const;
  });
  return [[name, { atSeconds, containers: new Map(containers) }]];
}
