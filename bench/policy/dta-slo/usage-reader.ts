import type { UsageSample } from '../../../src/models/metrics.ts';
import type { PolicyContext, Scrape } from '../policy.ts';

/**
 * What metrics.k8s.io tells: mean use of CPU between the two newest scrapes, and the largest working set; each measurement
 * once.
 */
export class UsageReader {
  readonly #context: Pick<PolicyContext, 'application' | 'metrics'>;
  readonly #epochSeconds: number;
  #newest: Scrape | undefined;

  constructor(context: Pick<PolicyContext, 'application' | 'metrics'>, epochSeconds: number) {
    this.#context = context;
    this.#epochSeconds = epochSeconds;
  }

  read(): readonly UsageSample[] {
    const scrape = this.#context.metrics.latest();
    if (scrape === undefined || scrape.atSeconds === this.#newest?.atSeconds) return [];
    this.#newest = scrape;
    const before = this.#context.metrics.at(scrape.atSeconds - 1e-6);
    if (before === undefined) return [];
    return this.#context.application.services.map(({ name }, index) => {
      const [from, to] = [before.services[index]!, scrape.services[index]!];
      return {
        service: name,
        atSeconds: this.#epochSeconds + scrape.atSeconds,
        cpu: (to.cpuSeconds - from.cpuSeconds) / (scrape.atSeconds - before.atSeconds),
        memory: to.memory,
      };
    });
  }
}
