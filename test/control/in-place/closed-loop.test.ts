import { afterAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import type { Logger } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { temporaryFolder } from '../../e2e/daemon-process.ts';
import { FakeClock, NOW } from '../fixtures.ts';
import { SimulatedCluster } from '../rollouts/simulated-cluster.ts';
import { inPlaceSettings } from './watched.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** CPU of one visit, core-seconds. */
const DEMAND = { 'auth-service': 0.01, 'payment-service': 0.02 };
const WAYS = {
  'user-registration': ['auth-service'],
  'order-processing': ['auth-service', 'payment-service'],
  'subscription-management': ['payment-service'],
} as const;
type Service = keyof typeof DEMAND;
const SERVICES = Object.keys(DEMAND) as Service[];

interface Seen {
  readonly seconds: number;
  /** Least planned rate of a chain over what it carried in the last 15 s. */
  readonly planned: number;
  /** Cores over those that requests are busy on, of the service with the fewest. */
  readonly room: number;
}

/** The whole daemon, its own planner with it, on a clock of its own; every service is resized in place. */
class Trial {
  readonly clock = new FakeClock(NOW);
  readonly cluster = new SimulatedCluster(this.clock);
  readonly seen: Seen[] = [];
  readonly #random = seededRandom(7);
  readonly #rates: number[] = [];
  #app: App | undefined;

  async start(name: string): Promise<this> {
    const settings = inPlaceSettings();
    const store = { ...settings.store, path: `${folder.path}/${name}` };
    const { clock, cluster } = this;
    this.#app = await createApp({
      settings: { ...settings, store },
      clock,
      logger: SILENT,
      executor: cluster,
    });
    this.#app.start();
    return this;
  }

  get app(): App {
    return this.#app!;
  }

  /** Runs that many seconds with these requests/s of each chain. */
  async run(seconds: number, rateAt: (second: number) => number): Promise<void> {
    for (let elapsed = 0; elapsed < seconds; elapsed += 5) {
      const rate = rateAt(elapsed);
      this.#rates.push(rate);
      this.#record(5 * rate);
      this.clock.advance(5);
      for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate);
      this.#look(rate);
    }
  }

  /** What its instances may use: their limits, which lie above what is paid for. */
  cores(service: Service): number {
    const { limits, instances } = this.cluster.stateOf({ id: service });
    return limits.cpu! * instances;
  }

  #look(rate: number): void {
    const decision = this.app.daemon.latestDecision();
    const carried = this.#rates.slice(-3).reduce((sum, one) => sum + one, 0) / 3;
    if (decision === undefined || decision.atSeconds !== this.clock.nowSeconds()) return;
    const planned = decision.chains.map(({ plannedRate = Number.NaN }) => plannedRate / carried);
    const rooms = SERVICES.map((service) => this.cores(service) / (2 * rate * DEMAND[service]));
    this.seen.push({
      seconds: this.clock.nowSeconds() - NOW,
      planned: Math.min(...planned),
      room: Math.min(...rooms),
    });
  }

  #record(requests: number): void {
    const { intake, recordUsage } = this.app.daemon;
    const atSeconds = this.clock.nowSeconds() + 2.5;
    for (const [chain, services] of Object.entries(WAYS)) {
      for (let index = 0; index < requests; index += 1) {
        const times = services.map((service) => this.#responseTime(service, requests / 5));
        for (const [at, seconds] of times.entries())
          intake.recordRequest(services[at]!, chain, seconds, false, atSeconds);
        const total = times.reduce((sum, seconds) => sum + seconds, 0);
        intake.recordEndToEnd(chain, total, false, atSeconds);
      }
    }
    for (const service of Object.keys(DEMAND) as Service[])
      recordUsage({ service, atSeconds, cpu: 2 * (requests / 5) * DEMAND[service] });
  }

  /** Exponential, with the mean of processor sharing; two chains pass through each service. */
  #responseTime(service: Service, rate: number): number {
    const utilization = Math.min(0.98, (2 * rate * DEMAND[service]) / this.cores(service));
    return (-Math.log(1 - this.#random()) * DEMAND[service]) / (1 - utilization);
  }
}

describe('the daemon that resizes everything in place', () => {
  it('comes down from what it found for no less than its chains carry, and stays where it is in silence', async () => {
    const trial = await new Trial().start('down');
    const random = seededRandom(11);
    const rateAt = (second: number) =>
      Math.round(20 * (1 + 0.3 * Math.sin((2 * Math.PI * second) / 1200)) * (0.95 + 0.1 * random()));
    const found = SERVICES.map((service) => trial.cores(service));
    await trial.run(1500, rateAt);
    const settled = SERVICES.map((service) => trial.cores(service));
    for (const [index, cores] of settled.entries()) expect(cores).toBeLessThan(0.4 * found[index]!);
    expect(trial.seen.length).toBeGreaterThanOrEqual(1500 / 15);
    for (const { planned, room, seconds } of trial.seen) {
      // A plan with slack is made for a tenth less at least; the rest are the seconds that are not known yet.
      expect([seconds, planned]).toEqual([seconds, expect.toSatisfy((is) => is > 0.85 && is < 1.5)]);
      expect([seconds, room]).toEqual([seconds, expect.toSatisfy((is) => is > 1.05)]);
    }
    for (const chain of trial.app.daemon.objectives().chains) expect(chain.violationRatio).toBeLessThan(0.05);
    // What was decided last is still under way.
    await trial.run(5, () => 0);
    const silenced = SERVICES.map((service) => trial.cores(service));
    await trial.run(120, () => 0);
    for (const [index, service] of SERVICES.entries())
      expect(trial.cores(service)).toBeGreaterThanOrEqual(silenced[index]!);
    await trial.app.stop();
  });
});
