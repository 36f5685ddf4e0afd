/** What each preset asks Prometheus for. `$window` and the other variables are filled in with those of own queries. */
import type { PrometheusQueries } from '../models/prometheus-settings.ts';

export interface Preset {
  readonly metric?: TrafficMetric;
  readonly serviceLabel: string;
  readonly chainLabel?: string;
  readonly latencyUnit: 's' | 'ms';
  /** `total`: times contain the wait for called services. */
  readonly latencyScope: 'own' | 'total';
}

interface TrafficMetric {
  /** Counter of the requests, `_count` of the histogram where there is no other, and the matchers of those that failed. */
  readonly counter: string | undefined;
  readonly failed: string;
  /** Name of the histogram without a suffix, and the matchers of the answered requests. */
  readonly histogram: string;
  readonly answered: string;
  /** Matchers of both. */
  readonly matchers: string;
}

/**
 * Istio: the proxy of the called service reports, or the waypoint before it (istio.io, "Standard Metrics"). Linkerd: the
 * inbound side of the service's proxy; its latency has no classification (linkerd.io, "Proxy Metrics"). OpenTelemetry:
 * `http.server.request.duration` of the semantic conventions, under its Prometheus name; `service.name` becomes `job`.
 */
export const PRESETS: Readonly<Record<'none' | 'istio' | 'linkerd' | 'opentelemetry', Preset>> = {
  none: { serviceLabel: 'service', chainLabel: 'chain', latencyUnit: 's', latencyScope: 'own' },
  istio: {
    serviceLabel: 'destination_canonical_service',
    latencyUnit: 'ms',
    latencyScope: 'total',
    metric: {
      counter: 'istio_requests_total',
      failed: 'response_code=~"5..|0"',
      histogram: 'istio_request_duration_milliseconds',
      answered: 'response_code!~"5..|0"',
      matchers: 'reporter=~"destination|waypoint"',
    },
  },
  linkerd: {
    serviceLabel: 'deployment',
    latencyUnit: 'ms',
    latencyScope: 'total',
    metric: {
      counter: 'response_total',
      failed: 'classification="failure"',
      histogram: 'response_latency_ms',
      answered: 'status_code!~"5.."',
      matchers: 'direction="inbound",route_name!="probe"',
    },
  },
  opentelemetry: {
    serviceLabel: 'job',
    chainLabel: 'http_route',
    latencyUnit: 's',
    latencyScope: 'total',
    metric: {
      counter: undefined,
      failed: 'http_response_status_code=~"5.."',
      histogram: 'http_server_request_duration_seconds',
      answered: 'http_response_status_code!~"5.."',
      matchers: '',
    },
  },
};

export interface PresetWords {
  readonly histograms: 'classic' | 'native';
  readonly serviceLabel: string;
  readonly chainLabel: string | undefined;
  readonly podLabel: string;
  readonly selector: string;
  readonly podSelector: string;
}

export function presetQueries({ metric }: Preset, words: PresetWords): PrometheusQueries {
  return { ...(metric === undefined ? {} : trafficQueries(metric, words)), ...cadvisorQueries(words) };
}

/**
 * `and`: an instance that is gone counts no more from that moment on; its last samples would stay in the window for a
 * while, and say less and less.
 */
function trafficQueries(metric: TrafficMetric, words: PresetWords): PrometheusQueries {
  const { counter, failed, histogram, answered, matchers } = metric;
  const isNative = words.histograms === 'native';
  const by = listed(words.serviceLabel, words.chainLabel);
  const select = (name: string, more: string) => `${name}{${listed(more, matchers, words.selector)}}`;
  const rate = (name: string, more = '') => `rate(${select(name, more)}[$window]) and ${select(name, more)}`;
  const sum = (name: string, more = '') => `sum by (${by}) (${rate(name, more)})`;
  const counted = isNative ? histogram : `${histogram}_count`;
  const count = (more = '') => {
    if (counter !== undefined) return sum(counter, more);
    return isNative ? `histogram_count(${sum(counted, more)})` : sum(counted, more);
  };
  return {
    requests: count(),
    errors: count(failed),
    samples: `max by (${by}) (count_over_time(${select(counter ?? counted, '')}[$window]))`,
    ...(isNative
      ? { latency: sum(histogram, answered) }
      : {
          latency: `sum by (${listed('le', by)}) (${rate(`${histogram}_bucket`, answered)})`,
          latencySum: sum(`${histogram}_sum`, answered),
        }),
  };
}

/** As the kubelet's cAdvisor tells it. The sum of a pod has an empty container, its pause container is called POD. */
function cadvisorQueries({ podLabel, podSelector }: PresetWords): PrometheusQueries {
  const by = listed('namespace', podLabel, 'container');
  const select = (name: string) => `${name}{${listed('container!="",container!="POD"', podSelector)}}`;
  const rate = (name: string) => `sum by (${by}) (rate(${select(name)}[$window]))`;
  return {
    cpu: rate('container_cpu_usage_seconds_total'),
    throttled: `${rate('container_cpu_cfs_throttled_periods_total')} / ${rate('container_cpu_cfs_periods_total')}`,
    memory: `max by (${by}) (${select('container_memory_working_set_bytes')})`,
  };
}

function listed(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}
