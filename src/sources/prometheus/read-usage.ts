import type { UsageSample } from '../../models/metrics.ts';
import type { FedService, PrometheusSettings } from '../../models/prometheus-settings.ts';
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

/** Measured use of the fed services over a range, oldest first. Throws a SourceFault. */
export async function readUsage(
  client: RangeClient,
  settings: PrometheusSettings,
  range: StepRange,
  signal: AbortSignal,
): Promise<readonly UsageSample[]> {
  const pods = new Map<string, PodUse>();
  const kinds: readonly Kind[] = ['cpu', 'memory', 'throttled'];
  for (const kind of kinds) {
    const query = settings.queries[kind];
    if (query === undefined) continue;
    for (const series of await client.ask(kind, query, range, signal))
      addUse(pods, kind, series, settings, range);
  }
  return Array.from({ length: range.count }, (_, i) => samplesAt(i, pods, range)).flat();
}

function addUse(
  pods: Map<string, PodUse>,
  kind: Kind,
  { labels, values }: RangeSeries,
  settings: PrometheusSettings,
  { firstSeconds, step, count }: StepRange,
): void {
  const pod = labels[settings.labels.pod] ?? '';
  const service = [...settings.services].find(([, fed]) => isOf(fed, pod, labels, settings))?.[0];
  if (service === undefined) return;
  const key = `${service}\n${labels['namespace'] ?? ''}\n${pod}`;
  const use = pods.get(key) ?? emptyUse(service);
  pods.set(key, use);
  for (const [at, value] of values) {
    const i = Math.round((at - firstSeconds) / step);
    if (i < 0 || i >= count || value < 0) continue;
    const before = use[kind][i];
    use[kind][i] = kind === 'throttled' ? Math.max(before ?? 0, value) : (before ?? 0) + value;
  }
}

function isOf(fed: FedService, pod: string, labels: Labels, { labels: names }: PrometheusSettings): boolean {
  const { namespace, container } = labels;
  if (fed.namespace !== undefined && namespace !== undefined && namespace !== fed.namespace) return false;
  if (
    container !== undefined &&
    (fed.container === undefined ? SIDECARS.test(container) : container !== fed.container)
  )
    return false;
  return pod === '' ? fed.match.test(labels[names.service] ?? '') : fed.pods.test(pod);
}

function emptyUse(service: string): PodUse {
  return { service, cpu: [], memory: [], throttled: [] };
}

/** In the middle of the step: that is where the mean over it belongs. */
function samplesAt(
  i: number,
  pods: ReadonlyMap<string, PodUse>,
  { firstSeconds, step }: StepRange,
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
    if (cpu.length === 0 && memory.length === 0) return [];
    return [
      {
        service,
        atSeconds,
        ...(cpu.length > 0 && { cpu: cpu.reduce((sum, cores) => sum + cores, 0) }),
        ...(memory.length > 0 && { memory: Math.max(...memory) / BYTES_PER_MEBIBYTE }),
        ...(throttled.length > 0 && { throttledRatio: Math.min(1, Math.max(...throttled)) }),
      },
    ];
  });
}

function known(uses: readonly PodUse[], kind: Kind, i: number): number[] {
  return uses.flatMap((use) => use[kind][i] ?? []);
}
