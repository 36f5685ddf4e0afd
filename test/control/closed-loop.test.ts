import { afterAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { ReasonCode } from '../../src/models/decisions.ts';
import type { Executor, Logger } from '../../src/models/ports.ts';
import type { Settings } from '../../src/models/settings.ts';
import { seededRandom } from '../../src/utils/random.ts';
import { temporaryFolder } from '../e2e/daemon-process.ts';
import { FakeClock, NOW, settingsWith } from './fixtures.ts';
import { SimulatedCluster } from './rollouts/simulated-cluster.ts';

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

/** The whole daemon on a clock of its own, fed by services that slow down as their load grows. */
class Trial {
  readonly clock = new FakeClock(NOW);
  readonly #random = seededRandom(7);
  #app: App | undefined;

  async start(name: string, changes: Partial<Settings['control']> = {}, executor?: Executor): Promise<this> {
    const settings = settingsWith({ assumeApplied: executor === undefined, ...changes });
    const store = { ...settings.store, path: `${folder.path}/${name}` };
    this.#app = await createApp({
      settings: { ...(executor === undefined ? settings : written(settings)), store },
      clock: this.clock,
      logger: SILENT,
      ...(executor !== undefined && { executor }),
    });
    this.#app.start();
    return this;
  }

  get app(): App {
    return this.#app!;
  }

  /** Runs that many seconds with `rate` requests/s of each chain. */
  async run(seconds: number, rate: number): Promise<void> {
    for (let elapsed = 0; elapsed < seconds; elapsed += 5) {
      this.#record(5 * rate);
      this.clock.advance(5);
      // The loop's turn: everything in it that is not a timer of the clock settles within a few turns.
      for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate);
    }
  }

  cores(service: keyof typeof DEMAND): number {
    const { cpu, instances } = this.app.daemon.capacityInForce(service)!;
    return cpu * instances;
  }

  reasons(): ReasonCode[] {
    return this.app.daemon.latestDecision()?.services.map(({ reason }) => reason) ?? [];
  }

  #record(requests: number): void {
    for (const [chain, services] of Object.entries(WAYS)) {
      for (let index = 0; index < requests; index += 1) {
        const times = services.map((service) => this.#responseTime(service, requests / 5));
        for (const [at, seconds] of times.entries()) {
          this.app.daemon.intake.recordRequest(services[at]!, chain, seconds);
        }
        this.app.daemon.intake.recordEndToEnd(
          chain,
          times.reduce((sum, seconds) => sum + seconds, 0),
        );
      }
    }
  }

  /** Exponential, with the mean of processor sharing; two chains pass through each service. */
  #responseTime(service: keyof typeof DEMAND, rate: number): number {
    const utilization = Math.min(0.98, (2 * rate * DEMAND[service]) / this.cores(service));
    return (-Math.log(1 - this.#random()) * DEMAND[service]) / (1 - utilization);
  }
}

/** The same with changes being made, not only recommended. */
function written({ topology, ...settings }: Settings): Settings {
  const services = new Map(
    [...topology.services].map(([id, spec]) => [id, { ...spec, mode: 'rolling' as const }]),
  );
  return { ...settings, topology: { ...topology, services } };
}

describe('the daemon that changes what runs', () => {
  it('gives back what is not needed and grows with the load, one rollout of a service at a time', async () => {
    const trial = new Trial();
    const cluster = new SimulatedCluster(trial.clock);
    await trial.start('cluster', {}, cluster);
    await trial.run(3600, 20);
    expect(trial.app.daemon.capacityInForce('auth-service')).toMatchObject({ source: 'cluster' });
    const settled = trial.cores('auth-service');
    expect(settled).toBeLessThan(4);
    expect(settled).toBeGreaterThan(0.4);
    for (const chain of trial.app.daemon.objectives().chains) expect(chain.violationRatio).toBeLessThan(0.05);
    await trial.run(300, 60);
    expect(trial.cores('auth-service')).toBeGreaterThan(1.2);
    // Every change started from what the one before it left.
    for (const service of ['auth-service', 'payment-service']) {
      const ofService = cluster.log.filter((entry) => entry.service === service);
      expect(ofService.length).toBeGreaterThan(1);
      for (const [index, entry] of ofService.slice(1).entries())
        expect(entry.from).toEqual(ofService[index]!.to);
    }
    await trial.app.stop();
  });

  it('leaves a service alone for a while whose change did not come up', async () => {
    const trial = new Trial();
    const cluster = new SimulatedCluster(trial.clock);
    cluster.broken.add('auth-service');
    await trial.start('broken', {}, cluster);
    await trial.run(1800, 20);
    const tries = cluster.log.filter(({ service }) => service === 'auth-service').length;
    expect(tries).toBeGreaterThan(0);
    expect(tries).toBeLessThan(4);
    expect(trial.cores('auth-service')).toBe(4);
    expect(trial.app.daemon.changes.counts.restored).toBe(tries);
    expect(cluster.log.some(({ service }) => service === 'payment-service')).toBe(true);
    await trial.app.stop();
  });
});

describe('the daemon on a clock of its own', () => {
  it('gives back what is not needed step by step, keeps the SLOs, and grows with the load before its turn', async () => {
    const trial = await new Trial().start('steps');
    await trial.run(900, 20);
    const afterQuarter = trial.cores('auth-service');
    expect(afterQuarter).toBeLessThanOrEqual(2);
    await trial.run(2700, 20);
    const settled = trial.cores('auth-service');
    expect(settled).toBeLessThan(afterQuarter);
    // 20 requests/s of two chains at 10 ms each are 0.4 cores; nothing may go below that.
    expect(settled).toBeGreaterThan(0.4);
    for (const chain of trial.app.daemon.objectives().chains) expect(chain.violationRatio).toBeLessThan(0.05);

    const passes = () =>
      Object.values(trial.app.daemon.passes.completed).reduce((sum, count) => sum + count, 0);
    const before = passes();
    await trial.run(90, 60);
    expect(passes()).toBeGreaterThan(before);
    expect(
      trial.app.daemon.passes.completed['load-jump'] + trial.app.daemon.passes.completed['burn-rate'],
    ).toBeGreaterThan(0);
    expect(trial.cores('auth-service')).toBeGreaterThan(1.2);
    await trial.app.stop();
  });

  it('shrinks nothing when the records stop', async () => {
    const trial = await new Trial().start('silence');
    await trial.run(600, 20);
    const cores = trial.cores('payment-service');
    await trial.run(1800, 0);
    expect(trial.cores('payment-service')).toBeGreaterThanOrEqual(cores);
    expect(new Set(trial.reasons())).toEqual(new Set(['stale-data']));
    await trial.app.stop();
  });

  it('changes nothing while it is paused', async () => {
    const trial = await new Trial().start('paused', { paused: true });
    await trial.run(900, 20);
    expect(trial.cores('auth-service')).toBe(4);
    expect(trial.reasons()).toEqual(['paused', 'paused']);
    await trial.app.stop();
  });

  it('goes on after its clock was set back or forth by an hour', async () => {
    const trial = await new Trial().start('clock');
    await trial.run(600, 20);
    for (const jump of [-3600, 3600]) {
      trial.clock.jump(jump);
      const { completed } = trial.app.daemon.passes;
      const before = completed.interval;
      await trial.run(660, 20);
      expect(completed.interval).toBeGreaterThan(before);
      expect(trial.app.daemon.passes.failed).toBe(0);
      expect(trial.cores('auth-service')).toBeGreaterThan(0.4);
    }
    await trial.app.stop();
  });

  it('sees within five minutes that an SLO is violated after its clock was set back by an hour', async () => {
    const trial = await new Trial().start('set-back', { assumeApplied: false });
    for (const service of ['auth-service', 'payment-service'])
      trial.app.daemon.setApplied(service, { cpu: 0.5, memory: 1024, instances: 1 });
    trial.clock.jump(-3600);
    await trial.run(310, 20);
    expect(trial.reasons()).toContain('grow-on-violation');
    const [profile] = trial.app.daemon.profiles.getLoadLatencyProfile('payment-service');
    expect(profile?.utilizationRange[1]).toBeGreaterThan(0.9);
    await trial.app.stop();
  });

  it('has a sensible answer to a batch that is posted at once, before anything else', async () => {
    const trial = await new Trial().start('at-once');
    const { intake } = trial.app.daemon;
    for (let count = 0; count < 300; count += 1) {
      for (const [chain, services] of Object.entries(WAYS)) {
        for (const service of services) intake.recordRequest(service, chain, 0.01 + 0.0002 * count);
      }
    }
    const decision = await trial.app.daemon.runPass('request');
    expect(decision.status).toBe('decided');
    expect(decision.services.map(({ reason }) => reason)).toEqual(['warming-up', 'warming-up']);
    for (const { plannedRate, expectedLatency, sloSeconds } of decision.chains) {
      expect(plannedRate).toBeLessThanOrEqual(20);
      expect(expectedLatency).toBeLessThanOrEqual(sloSeconds);
    }
    await trial.app.stop();
  });

  it('takes a batch in the last second of a minute for no load that was served all along', async () => {
    const trial = await new Trial().start('batch');
    const { intake, profiles } = trial.app.daemon;
    trial.clock.advance(59 - (trial.clock.nowSeconds() % 60));
    for (let count = 0; count < 600; count += 1)
      intake.recordRequest('auth-service', 'order-processing', 0.05);
    trial.clock.advance(10);
    await trial.app.daemon.runPass('request');
    // 600 requests of 50 ms in a minute are half a core at most; at 600/s nothing above 6 ms could have been served.
    expect(profiles.profile('auth-service', 'order-processing')).toMatchObject({
      demandCoreSeconds: expect.closeTo(0.05, 2),
    });
    await trial.app.stop();
  });

  it('counts steps from what was told to run since the last recommendation', async () => {
    const trial = await new Trial().start('told', { assumeApplied: false });
    await trial.run(60, 20);
    await trial.app.daemon.runPass('request');
    trial.clock.advance(1);
    trial.app.daemon.setApplied('auth-service', { cpu: 1.5, memory: 512, instances: 2 });
    const decision = await trial.app.daemon.runPass('request');
    expect(decision.services.find(({ id }) => id === 'auth-service')).toMatchObject({
      cpu: 1.5,
      memory: 512,
      instances: 2,
      status: 'hold',
    });
    await trial.app.stop();
  });

  it('learns from records that arrive long after their windows have closed', async () => {
    const trial = await new Trial().start('late');
    await trial.app.daemon.runPass('request');
    const { intake, profiles } = trial.app.daemon;
    expect(profiles.profile('auth-service', 'order-processing').kind).toBe('not-enough-data');
    for (let second = 0; second < 600; second += 1) {
      const at = trial.clock.nowSeconds() - 600 + second;
      for (let count = 0; count < 5; count += 1)
        intake.recordRequest('auth-service', 'order-processing', 0.02, false, at);
    }
    await trial.app.daemon.runPass('request');
    expect(profiles.profile('auth-service', 'order-processing')).toMatchObject({
      kind: 'profile',
      windows: expect.any(Number),
    });
    expect(
      trial.app.daemon.profiles.getLoadLatencyProfile('auth-service')[0]?.windows,
    ).toBeGreaterThanOrEqual(8);
    await trial.app.stop();
  });

  it('counts every accepted record once across a restart', async () => {
    const first = await new Trial().start('restart');
    await first.run(300, 10);
    const count = (app: App) =>
      app.daemon.traffic
        .getMetrics(3600, first.clock.nowSeconds())
        .services.reduce((sum, { requests }) => sum + requests, 0);
    const before = count(first.app);
    expect(before).toBe(300 * 10 * 4);
    await first.app.stop();
    const settings = settingsWith();
    const store = { ...settings.store, path: `${folder.path}/restart` };
    const again = await createApp({ settings: { ...settings, store }, clock: first.clock, logger: SILENT });
    expect(count(again)).toBe(before);
    await again.stop();
  });
});
