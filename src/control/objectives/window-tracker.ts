import type { Topology } from '../../models/data-models.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import { isFailing, isJudged, isSlow, trafficByChain } from '../observe/chain-traffic.ts';

interface JudgedWindow {
  readonly startSeconds: number;
  readonly violating: boolean;
}

/** Which of the closed windows of each chain were over its SLO or failing, as far back as the monitoring window reaches. */
export class WindowTracker {
  readonly #windows = new Map<string, JudgedWindow[]>();

  /** Judges a closed window; chains with fewer than 20 requests in it are not judged. */
  judge(metrics: TrafficMetrics, topology: Topology, keptSeconds: number): void {
    for (const [id, traffic] of trafficByChain(metrics, topology)) {
      if (!isJudged(traffic)) continue;
      const violating = isSlow(traffic) || isFailing(traffic);
      const kept = (this.#windows.get(id) ?? []).filter(
        (window) =>
          window.startSeconds > metrics.fromSeconds - keptSeconds &&
          window.startSeconds !== metrics.fromSeconds,
      );
      this.#windows.set(id, [...kept, { startSeconds: metrics.fromSeconds, violating }]);
    }
  }

  /** Share of the judged windows that violated; undefined when none was judged. */
  violatingRatio(chain: string): number | undefined {
    const windows = this.#windows.get(chain);
    return windows && windows.filter((window) => window.violating).length / windows.length;
  }
}
