import type { UsageSample } from '../../models/metrics.ts';
import type { FedService, PrometheusSettings } from '../../models/prometheus-settings.ts';
import { findService } from './pairs.ts';
import { PodCounts } from './pod-counts.ts';
import type { Labels, RangeSeries } from './range-answer.ts';
import type { RangeClient, StepRange } from './range-client.ts';

const BYTES_PER_MEBIBYTE = 2 ** 20;

/** Proxies beside the service: their use is not the service's. */
const SIDECARS = /^(istio-proxy|linkerd-proxy|istio-init|linkerd-init)$/;

/** What one pod used at each point, its containers added up. */
interface PodUse {
  readonly service: string;
  readonly cpu: number[];
  readonly memory: number[];
  readonly throttled: number[];
}

type Kind = 'cpu' | 'memory' | 'throttled';

/** Most pods that are remembered: they come and go. */
const MOST_PODS = 100_000;

/** Reads the measured use of the fed services. */
export class UsageReader {
  readonly #settings: PrometheusSettings;
  /** The service of each container that was seen; undefined for those that are nobody's. */
  readonly #services = new Map<string, string | undefined>();

  readonly #counts: PodCounts;

  /** `instancesTold` answers how many instances are in force, where that was told. */
  constructor(settings: PrometheusSettings, instancesTold: (service: string) => number | undefined) {
    this.#settings = settings;
    this.#counts = new PodCounts(instancesTold);
  }

  /** Oldest first. Throws a SourceFault. */
  async read(client: RangeClient, range: StepRange, signal: AbortSignal): Promise<readonly UsageSample[]> {
    const pods = new Map<string, PodUse>();
    const kinds: readonly Kind[] = ['cpu', 'memory', 'throttled'];
    for (const kind of kinds) {
      const query = this.#settings.queries[kind];
      if (query === undefined) continue;
      for (const series of await client.ask(kind, query, range, signal)) this.#add(pods, kind, series, range);
    }
    return Array.from({ length: range.count }, (_, i) => samplesAt(i, pods, range, this.#counts)).flat();
  }

  #add(pods: Map<string, PodUse>, kind: Kind, { labels, values }: RangeSeries, range: StepRange): void {
    const { pod: podLabel, service: serviceLabel } = this.#settings.labels;
    const pod = labels[podLabel] ?? '';
    const name = `${labels['namespace'] ?? ''}\n${pod}`;
    const service = this.#serviceOf(
      `${name}\n${labels['container'] ?? ''}\n${labels[serviceLabel] ?? ''}`,
      pod,
      labels,
    );
    if (service === undefined) return;
    const use = pods.get(`${service}\n${name}`) ?? emptyUse(service);
    pods.set(`${service}\n${name}`, use);
    for (const [at, value] of values) {
      const i = Math.round((at - range.firstSeconds) / range.step);
      if (i < 0 || i >= range.count || value < 0) continue;
      const before = use[kind][i];
      use[kind][i] = kind === 'throttled' ? Math.max(before ?? 0, value) : (before ?? 0) + value;
    }
  }

  #serviceOf(key: string, pod: string, labels: Labels): string | undefined {
    if (this.#services.has(key)) return this.#services.get(key);
    if (this.#services.size >= MOST_PODS) this.#services.clear();
    const { services, labels: names } = this.#settings;
    const service = findService(services, pod, (fed) => isOf(fed, pod, labels, names.service));
    this.#services.set(key, service);
    return service;
  }
}

function isOf(fed: FedService, pod: string, labels: Labels, serviceLabel: string): boolean {
  const { namespace, container } = labels;
  if (fed.namespace !== undefined && namespace !== undefined && namespace !== fed.namespace) return false;
  if (container !== undefined && !isSized(fed, container)) return false;
  return pod === '' ? fed.match.test(labels[serviceLabel] ?? '') : fed.pods.test(pod);
}

/** Whether the container is the service's own: the configured one, else all but the proxies. */
function isSized(fed: FedService, container: string): boolean {
  return fed.container === undefined ? !SIDECARS.test(container) : container === fed.container;
}

function emptyUse(service: string): PodUse {
  return { service, cpu: [], memory: [], throttled: [] };
}

/**
 * In the middle of the step: that is where the mean over it belongs. CPU of all pods together, and only where all that
 * there are have answered; memory of the largest.
 */
function samplesAt(
  i: number,
  pods: ReadonlyMap<string, PodUse>,
  { firstSeconds, step }: StepRange,
  counts: PodCounts,
): UsageSample[] {
  const byService = new Map<string, PodUse[]>();
  for (const use of pods.values()) {
    const of = byService.get(use.service);
    if (of === undefined) byService.set(use.service, [use]);
    else of.push(use);
  }
  const atSeconds = firstSeconds + (i - 0.5) * step;
  return [...byService].flatMap(([service, uses]) => {
    const [cpu, memory, throttled] = [
      known(uses, 'cpu', i),
      known(uses, 'memory', i),
      known(uses, 'throttled', i),
    ];
    const isWhole = cpu.length > 0 && counts.note(service, atSeconds, cpu.length);
    if (!isWhole && memory.length === 0) return [];
    return [
      {
        service,
        atSeconds,
        ...(isWhole && { cpu: cpu.reduce((sum, cores) => sum + cores, 0) }),
        ...(memory.length > 0 && { memory: Math.max(...memory) / BYTES_PER_MEBIBYTE }),
        ...(throttled.length > 0 && { throttledRatio: Math.min(1, Math.max(...throttled)) }),
      },
    ];
  });
}

function known(uses: readonly PodUse[], kind: Kind, i: number): number[] {
  return uses.flatMap((use) => use[kind][i] ?? []);
}
