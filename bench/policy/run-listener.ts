import type { SimulationListener } from '../simulator/system.ts';

/**
 * Hears every visit and request of a run: requests for the scores, and both for a policy that subscribes to what
 * instrumented services post. While the metrics pipeline is out nothing is posted.
 */
export class RunListener implements SimulationListener {
  readonly #scores: Required<Pick<SimulationListener, 'onRequest'>>;
  readonly #subscribers: SimulationListener[] = [];
  isOut = false;

  constructor(scores: Required<Pick<SimulationListener, 'onRequest'>>) {
    this.#scores = scores;
  }

  subscribe(subscriber: SimulationListener): void {
    this.#subscribers.push(subscriber);
  }

  onVisit(
    service: number,
    chain: number,
    selfSeconds: number,
    totalSeconds: number,
    cpuSeconds: number,
    failed: boolean,
    endSeconds: number,
    place: number,
  ): void {
    if (this.isOut) return;
    for (const subscriber of this.#subscribers) {
      subscriber.onVisit?.(service, chain, selfSeconds, totalSeconds, cpuSeconds, failed, endSeconds, place);
    }
  }

  onRequest(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void {
    this.#scores.onRequest(chain, latencySeconds, failed, endSeconds);
    if (this.isOut) return;
    for (const subscriber of this.#subscribers) {
      subscriber.onRequest?.(chain, latencySeconds, failed, endSeconds);
    }
  }
}
