import { afterAll, describe, expect, it, vi } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { PassTrigger } from '../../../src/models/decisions.ts';
import type { CapacityPlanner, Logger, PlanOutcome, PlanRequest } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { temporaryFolder } from '../../e2e/daemon-process.ts';
import { allocation, FakeClock, NOW, settingsWith } from '../fixtures.ts';
import { SimulatedCluster } from '../rollouts/simulated-cluster.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const [AUTH, PAYMENT] = ['auth-service', 'payment-service'];
const CHAIN = 'order-processing';

function settingsIn(auth: ServiceMode, payment: ServiceMode): Settings {
  const settings = settingsWith();
  const { services } = settings.topology;
  const inModes = new Map([
    [AUTH, { ...services.get(AUTH)!, mode: auth }],
    [PAYMENT, { ...services.get(PAYMENT)!, mode: payment }],
  ]);
  return { ...settings, topology: { ...settings.topology, services: inModes } };
}

/** Gives every service a core for each 10 requests/s. */
class FakePlanner implements CapacityPlanner {
  plan({ loads }: PlanRequest): PlanOutcome {
    const cpu = Math.min(4, Math.max(0.1, (loads.get(CHAIN) ?? 0) / 10));
    const services = [AUTH, PAYMENT].map((id) => ({
      id,
      ...allocation(cpu),
      capacityCores: cpu,
      demandCores: cpu / 2,
      utilization: 0.5,
    }));
    const figures = { cost: 1, continuousCost: 1, lowerBound: 1, gap: 0, iterations: 1, solveMs: 1 };
    return { plan: { services, chains: [], ...figures }, unplanned: [] };
  }

  tryPlan(request: PlanRequest): PlanOutcome {
    return this.plan(request);
  }

  evaluate(): ReadonlyMap<string, number> {
    return new Map();
  }

  slowShares(
    _request: PlanRequest,
    _allocations: ReadonlyMap<string, { readonly cpu: number }>,
    _loads: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number> {
    return new Map();
  }
}

/** Under whose plans everything is slow from a tenth over the planned load on. */
class ExactPlanner extends FakePlanner {
  /** When it was asked, seconds since the start; from then on it fails. */
  readonly askedSeconds = new Set<number>();
  failsFrom = Number.POSITIVE_INFINITY;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  override plan(request: PlanRequest): PlanOutcome {
    this.#ask();
    return super.plan(request);
  }

  override slowShares(
    _request: PlanRequest,
    allocations: ReadonlyMap<string, { readonly cpu: number }>,
    loads: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number> {
    this.#ask();
    const planned = 10 * (allocations.get(AUTH)?.cpu ?? 0);
    return new Map([...loads].map(([chain, load]) => [chain, load > 1.1 * planned ? 1 : 0]));
  }

  #ask(): void {
    const seconds = this.#clock.nowSeconds() - NOW;
    this.askedSeconds.add(seconds);
    if (seconds >= this.failsFrom) throw new Error('it has no plan');
  }
}

interface Pass {
  readonly decision: string;
  readonly trigger: PassTrigger;
  readonly changed: number;
}

/** The whole daemon on a clock of its own, with services of some modes in a simulated cluster. */
class Trial {
  readonly clock = new FakeClock(NOW);
  readonly cluster = new SimulatedCluster(this.clock);
  readonly passes: Pass[] = [];
  #app: App | undefined;
  #services: Settings['topology']['services'] = new Map();

  async start(name: string, settings: Settings, planner = new FakePlanner()): Promise<this> {
    this.#services = settings.topology.services;
    this.#app = await createApp({
      settings: { ...settings, store: { ...settings.store, path: `${folder.path}/${name}` } },
      clock: this.clock,
      logger: this.#logger(),
      executor: this.cluster,
      wrap: { planner: () => planner },
    });
    this.#app.start();
    return this;
  }

  get app(): App {
    return this.#app!;
  }

  async run(seconds: number, rate: number): Promise<void> {
    for (let elapsed = 0; elapsed < seconds; elapsed += 5) {
      for (const [service, { chains }] of this.#services)
        for (const chain of chains)
          for (let index = 0; index < 5 * rate; index += 1)
            this.app.daemon.intake.recordRequest(service, chain, 0.01);
      this.clock.advance(5);
      for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    }
  }

  /** The same second by second: requests/s by the seconds since the start. */
  async runBySecond(seconds: number, rateAt: (second: number) => number): Promise<void> {
    for (let elapsed = 0; elapsed < seconds; elapsed += 1) {
      const rate = rateAt(this.clock.nowSeconds() - NOW);
      for (const [service, { chains }] of this.#services)
        for (const chain of chains)
          for (let index = 0; index < rate; index += 1)
            this.app.daemon.intake.recordRequest(service, chain, 0.01);
      this.clock.advance(1);
      for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    }
  }

  /** Seconds since the start, of the passes with one of these triggers. */
  timesOf(...triggers: PassTrigger[]): number[] {
    return this.passes.filter(({ trigger }) => triggers.includes(trigger)).map(secondsOf);
  }

  cpu(service: string): number {
    return this.app.daemon.capacityInForce(service)!.cpu;
  }

  #logger(): Logger {
    const quiet = () => {};
    const info = (fields: object, message: string) => {
      if (message === 'pass completed') this.passes.push(fields as Pass);
    };
    return { debug: quiet, info, warn: quiet, error: quiet };
  }
}

const secondsOf = ({ decision }: Pass): number => Math.floor(Number(decision.slice(1)) / 1000) - NOW;

describe('passes', () => {
  it('are over all services every five minutes, and in between over those in place every quarter of one', async () => {
    const trial = await new Trial().start('rhythm', settingsIn('in-place', 'rolling'));
    await trial.run(630, 20);
    expect(trial.timesOf('interval')).toEqual([300, 600]);
    const inPlace = trial.timesOf('in-place');
    expect(inPlace.slice(0, 3)).toEqual([5, 20, 35]);
    // Every pass, of whichever kind, is one for them.
    const all = trial.passes.map(secondsOf);
    for (const [index, at] of all.slice(1).entries()) expect(at - all[index]!).toBeLessThanOrEqual(15);
    expect(trial.app.daemon.passes.completed).toMatchObject({ interval: 2, 'in-place': inPlace.length });
    await trial.app.stop();
  });

  it('are not a tick later because the one before was late', async () => {
    const trial = await new Trial().start('late', settingsIn('in-place', 'in-place'));
    for (const seconds of [5.3, 4.7, 5, 5, 5, 5, 5]) {
      trial.clock.advance(seconds);
      for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    }
    expect(trial.timesOf('in-place')).toEqual([5, 20, 35]);
    await trial.run(260, 10);
    trial.clock.advance(5.3);
    for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    trial.clock.advance(4.7);
    await trial.run(295, 10);
    expect(trial.timesOf('interval')).toEqual([300, 600]);
    await trial.app.stop();
  });

  it('are never in place where nothing is', async () => {
    const trial = await new Trial().start('rolling', settingsIn('rolling', 'recommend'));
    await trial.run(330, 20);
    expect(trial.passes.map(({ trigger }) => trigger)).toEqual(['interval']);
    await trial.app.stop();
  });

  it('come early for a load that jumped, however short ago services were resized', async () => {
    const trial = await new Trial().start('early', settingsIn('in-place', 'rolling'));
    await trial.run(310, 10);
    await trial.run(90, 30);
    const [early] = trial.timesOf('load-jump', 'burn-rate');
    expect(early).toBeGreaterThan(310);
    expect(early).toBeLessThan(400);
    await trial.app.stop();
  });

  it('are kept in the history when they changed something, and when they are over all services', async () => {
    const trial = await new Trial().start('kept', settingsIn('in-place', 'rolling'));
    await trial.run(630, 20);
    const kept = trial.app.daemon.history.loadDecisions({ limit: 1000 });
    const ids = new Set(kept.map(({ id }) => id));
    for (const { decision, trigger, changed } of trial.passes)
      expect([decision, ids.has(decision)]).toEqual([decision, trigger !== 'in-place' || changed > 0]);
    expect(kept.length).toBeLessThan(trial.passes.length);
    await trial.app.stop();
  });
});

describe('passes for what is due by the clock', () => {
  /** When passes are made at which loads change at these seconds since the start, after ticks that are a little late. */
  async function passesWith(dueSeconds: number): Promise<number[]> {
    const { update } = NearLoads.prototype;
    const updating = vi.spyOn(NearLoads.prototype, 'update');
    updating.mockImplementation(function (this: NearLoads, ...told) {
      const loads = update.apply(this, told);
      this.changesAt = NOW + dueSeconds;
      return loads;
    });
    const trial = await new Trial().start(`due-${dueSeconds}`, settingsIn('in-place', 'in-place'));
    for (const seconds of [5.01, 4.99, 0.02, 0.02, 0.02, 0.03, 4.91]) {
      trial.clock.advance(seconds);
      for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    }
    await trial.app.stop();
    updating.mockRestore();
    return trial.passes.map(({ decision }) => Number(decision.slice(1)) / 1000 - NOW);
  }

  it.each([
    [9.98, 10],
    [10, 10],
    [10.01, 10.02],
    [10.03, 10.04],
    [10.06, 10.06],
  ])('at %d s are made at %d s, however near to a tick that is', async (due, made) => {
    const passes = await passesWith(due);
    expect(passes.length).toBe(2);
    expect(passes[1]).toBeCloseTo(made, 2);
  });
});

describe('passes for spikes by a clock', () => {
  /** 20 s of every five minutes, and none at 3000 s. */
  const PERIOD = 300;
  const isSpike = (second: number) => second % PERIOD < 20 && Math.floor(second / PERIOD) !== 10;
  const rateAt = (second: number) => (second > 20 && isSpike(second) ? 30 : 6);

  it('come before one is due and when it has not come, and resize for it and back', async () => {
    const trial = new Trial();
    await trial.start('spikes', settingsIn('in-place', 'in-place'), new ExactPlanner(trial.clock));
    await trial.runBySecond(2380, rateAt);
    // In between there is what the usual load needs; by a plan for a spike there would be three cores.
    expect(trial.cpu(AUTH)).toBeLessThan(1);
    await trial.runBySecond(19, rateAt);
    expect(trial.cpu(AUTH)).toBeGreaterThanOrEqual(3);
    await trial.runBySecond(21, rateAt);
    expect(trial.cpu(AUTH)).toBeGreaterThanOrEqual(3);
    await trial.runBySecond(2980 - 2420, rateAt);
    expect(trial.cpu(AUTH)).toBeLessThan(1);
    await trial.runBySecond(20, rateAt);
    expect(trial.cpu(AUTH)).toBeGreaterThanOrEqual(3);
    // It may be late.
    await trial.runBySecond(9, rateAt);
    expect(trial.cpu(AUTH)).toBeGreaterThanOrEqual(3);
    await trial.runBySecond(20, rateAt);
    // By as much as one pass may; what is left goes a minute later.
    expect(trial.cpu(AUTH)).toBeLessThan(1.5);
    await trial.app.stop();
  }, 60_000);

  it('are not tried again and again where they fail', async () => {
    const trial = new Trial();
    const planner = new ExactPlanner(trial.clock);
    await trial.start('failing', settingsIn('in-place', 'in-place'), planner);
    await trial.runBySecond(2375, rateAt);
    planner.failsFrom = 2375;
    planner.askedSeconds.clear();
    await trial.runBySecond(75, rateAt);
    // Once because of the spike, and at every turn.
    expect(planner.askedSeconds.size).toBeGreaterThan(4);
    expect(planner.askedSeconds.size).toBeLessThanOrEqual(7);
    planner.failsFrom = Number.POSITIVE_INFINITY;
    await trial.runBySecond(60, rateAt);
    expect(trial.cpu(AUTH)).toBeLessThan(1);
    await trial.app.stop();
  }, 60_000);
});

describe('services that are resized in place beside others', () => {
  it('follow the load within seconds while the others wait for their pass, and come down earlier', async () => {
    const trial = await new Trial().start('mixed', settingsIn('in-place', 'rolling'));
    await trial.run(600, 20);
    const settled = { auth: trial.cpu(AUTH), payment: trial.cpu(PAYMENT) };
    // Up by less than a load jump: no early pass.
    await trial.run(60, 22);
    expect(trial.cpu(AUTH)).toBeGreaterThan(settled.auth);
    expect(trial.cpu(PAYMENT)).toBe(settled.payment);
    await trial.run(300, 22);
    expect(trial.cpu(PAYMENT)).toBeGreaterThan(settled.payment);
    // Down again.
    await trial.run(240, 14);
    expect(trial.cpu(AUTH)).toBeLessThan(1.9);
    expect(trial.cpu(PAYMENT)).toBeGreaterThan(2);
    // What is not resized in place is only ever written by a pass over all services.
    const whole = trial.passes.filter(({ trigger }) => trigger !== 'in-place').map(secondsOf);
    const written = trial.cluster.log.filter(({ service }) => service === PAYMENT);
    expect(written.length).toBeGreaterThan(1);
    for (const { atSeconds } of written) expect(whole).toContain(atSeconds - NOW);
    await trial.app.stop();
  });
});

describe('services that are rolled out beside others in place', () => {
  it.each<ServiceMode>(['rolling', 'in-place'])(
    'grow early for a load above what they were planned for (beside one in mode %s)',
    async (auth) => {
      const trial = await new Trial().start(`jump-${auth}`, settingsIn(auth, 'rolling'));
      // Their first plan is for more than the load, which comes down before it jumps by a little.
      await trial.run(610, 40);
      await trial.run(1200, 20);
      const settled = trial.cpu(PAYMENT);
      await trial.run(120, 26);
      expect(trial.timesOf('load-jump').length).toBeGreaterThan(0);
      expect(trial.cpu(PAYMENT)).toBeGreaterThanOrEqual(1.2 * settled);
      await trial.app.stop();
    },
  );
});
