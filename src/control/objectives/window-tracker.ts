import type { Topology } from '../../models/data-models.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import { errorRatio, LEAST_REQUESTS, latencyAt, sourceOf, trafficByChain } from '../observe/chain-traffic.ts';

interface JudgedWindow {
  readonly startSeconds: number;
  readonly violating: boolean;
}

/** Which of the closed windows of each chain were over its SLO, as far back as the monitoring window reaches. */
export class WindowTracker {
  readonly #windows = new Map<string, JudgedWindow[]>();

  /** Judges a closed window; chains with fewer than 20 requests in it are not judged. */
  judge(metrics: TrafficMetrics, topology: Topology, keptSeconds: number): void {
    for (const [id, traffic] of trafficByChain(metrics, topology)) {
      const latency = latencyAt(traffic, traffic.spec.slo.percentile);
      const failed = errorRatio(traffic);
      const requests =
        sourceOf(traffic) === 'end-to-end' ? (traffic.endToEnd?.requests ?? 0) : LEAST_REQUESTS;
      if (latency === undefined || requests < LEAST_REQUESTS) continue;
      const violating = latency > traffic.spec.slo.latencySeconds || failed > 1 - traffic.spec.slo.objective;
      const kept = (this.#windows.get(id) ?? []).filter(
        (window) =>
          window.startSeconds > metrics.fromSeconds - keptSeconds &&
          window.startSeconds !== metrics.fromSeconds,
      );
      this.#windows.set(id, [...kept, { startSeconds: metrics.fromSeconds, violating }]);
    }
  }

  /** Share of the judged windows that violated; 0 when none was judged. */
  violatingRatio(chain: string): number {
    const windows = this.#windows.get(chain) ?? [];
    return windows.filter((window) => window.violating).length / Math.max(1, windows.length);
  }
}
