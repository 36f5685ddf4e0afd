import { describe, expect, it } from 'vitest';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import { LOAD_FACTORS } from '../../../src/control/in-place/share-curve.ts';
import { observe } from '../../../src/control/observe/observation.ts';
import type { ForecastOutcome } from '../../../src/models/forecasts.ts';
import type { ChainSlowness, PlanRequest } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { forecastWith } from '../../forecasts.ts';
import { allocation, NOW } from '../fixtures.ts';
import { inPlaceSettings, planningShares, watched } from './watched.ts';

const CHAIN = 'user-registration';
const PASS = 15;
/** Of its SLO, s. */
const [IN_TIME, LATE, FAR_LATE] = [0.02, 0.3, 2];

interface Told {
  readonly forecasts?: readonly ForecastOutcome[];
  readonly factor?: number;
}

/** Passes every 15 s over one chain of a service in place. */
class Passes {
  readonly near = new NearLoads();
  readonly parts: ReturnType<typeof watched>;

  constructor(settings: Settings = inPlaceSettings()) {
    this.parts = watched(settings);
  }

  /** What is planned for after another quarter of a minute at this rate. */
  after(rate: number, latency: number = IN_TIME, told: Told = {}): number | undefined {
    for (let second = 0; second < PASS; second += 1) {
      this.parts.clock.advance(1);
      const at = this.parts.clock.nowSeconds() - 0.5;
      if (rate > 0) this.parts.traffic.recordRequest('auth-service', CHAIN, latency, false, at, rate);
    }
    return this.loads(told).get(CHAIN);
  }

  loads({ forecasts = [], factor = 1 }: Told = {}): ReadonlyMap<string, number> {
    const now = this.parts.clock.nowSeconds();
    this.near.read(this.parts, now);
    const slowness = new Map<string, ChainSlowness>([[CHAIN, { factor }]]);
    const byChain = new Map(forecasts.map((forecast) => [forecast.chain, forecast]));
    return this.near.update(this.parts, observe(this.parts, now), byChain, slowness);
  }

  minutes(count: number, rate: number, latency = IN_TIME, told: Told = {}): (number | undefined)[] {
    return Array.from({ length: 4 * count }, () => this.after(rate, latency, told));
  }

  /** As if the plan in force stood loads up to so many times the planned one. */
  keep(stands: number, seldom = 0): void {
    const shares = planningShares((_request, _allocations, loads) => {
      const load = loads!.get(CHAIN)! / 10;
      return new Map([[CHAIN, load > stands ? 1 : seldom]]);
    });
    this.near.keepCurves(shares, requestOf(this.parts.settings), { services: [] });
  }
}

const requestOf = ({ topology }: Settings): PlanRequest => ({
  topology,
  loads: new Map([[CHAIN, 10]]),
  capacities: new Map(),
  workingSets: new Map(),
});

describe('what chains carry within the next half minute', () => {
  it('is some more than what they carry, and unknown where nothing is', () => {
    const passes = new Passes();
    passes.minutes(2, 20);
    const loads = passes.loads();
    expect([...loads.keys()]).toEqual([CHAIN]);
    expect(loads.get(CHAIN)).toBeCloseTo(1.3 * 20, 9);
    expect(new Passes().loads().size).toBe(0);
  });

  it('is what a forecast takes for more likely than not, where that is more', () => {
    const foreseeing = (forecast?: ForecastOutcome) => {
      const passes = new Passes();
      passes.minutes(2, 20);
      return passes.after(20, IN_TIME, { forecasts: forecast === undefined ? [] : [forecast] });
    };
    expect(foreseeing(forecastWith({ chain: CHAIN, medians: [45] }))).toBe(45);
    const bold = forecastWith({ chain: CHAIN, medians: [5], quantiles95: [90], maximum95: 90 });
    expect(foreseeing(bold)).toBe(foreseeing());
    // Hardly any has come true yet.
    expect(foreseeing(forecastWith({ chain: CHAIN, medians: [45], maximumOrigins: 3 }))).toBe(foreseeing());
  });

  it('does not fall in silence', () => {
    const passes = new Passes();
    const before = passes.minutes(3, 20).at(-1)!;
    // It begins within the span before.
    expect(passes.after(0)).toBeGreaterThan(20);
    for (const load of passes.minutes(3, 0)) expect(load).toBeGreaterThanOrEqual(before);
  });

  it('does not fall in the silence of one chain where others go on', () => {
    const passes = new Passes();
    const other = () => {
      const now = passes.parts.clock.nowSeconds();
      for (let ago = PASS; ago > 0; ago -= 1)
        passes.parts.traffic.recordRequest(
          'auth-service',
          'order-processing',
          IN_TIME,
          false,
          now - ago + 0.5,
          60,
        );
    };
    const both = (rate: number) => {
      for (let second = 0; second < PASS; second += 1) {
        passes.parts.clock.advance(1);
        const at = passes.parts.clock.nowSeconds() - 0.5;
        if (rate > 0) passes.parts.traffic.recordRequest('auth-service', CHAIN, IN_TIME, false, at, rate);
      }
      other();
      return passes.loads();
    };
    for (let pass = 0; pass < 40; pass++) both(20);
    const before = both(20).get(CHAIN)!;
    const alone = both(20).get('order-processing')!;
    // It begins within the span before.
    expect(both(0).get(CHAIN)).toBeGreaterThan(20);
    for (let pass = 0; pass < 12; pass++) {
      const loads = both(0);
      expect(loads.get(CHAIN)).toBeGreaterThanOrEqual(before);
      expect(loads.get('order-processing')! / alone).toBeCloseTo(1, 1);
    }
  });

  it('is at least what is known of minutes where a few requests in a span are chance', () => {
    const passes = new Passes();
    for (let second = 0; second < 120; second += 1) {
      passes.parts.clock.advance(1);
      if (second % 2 === 0 && second < 95)
        passes.parts.traffic.recordRequest('auth-service', CHAIN, IN_TIME, false);
    }
    const { load } = observe(passes.parts, passes.parts.clock.nowSeconds()).chains.get(CHAIN)!;
    expect(passes.loads().get(CHAIN)).toBeGreaterThanOrEqual(load!);
  });

  it('is at least the largest rate of minutes where those are told late', () => {
    const settled = (prometheus?: Settings['prometheus']) => {
      const passes = new Passes({ ...inPlaceSettings(), ...(prometheus && { prometheus }) });
      passes.minutes(2, 60);
      passes.minutes(2, 10);
      return passes.after(10)!;
    };
    const late = { step: 15, delay: 15 } as Settings['prometheus'];
    expect(settled()).toBeLessThan(20);
    expect(settled(late)).toBeGreaterThan(59);
  });
});

describe('loads while work piles up', () => {
  it('count double with every pass, up to eight times, and are what they are when requests are in time', () => {
    const passes = new Passes();
    passes.minutes(2, 20);
    const factors = [FAR_LATE, FAR_LATE, FAR_LATE, FAR_LATE, FAR_LATE, IN_TIME, IN_TIME].map(
      (latency) => passes.after(20, latency)! / (1.3 * 20),
    );
    // Latencies of the last 15 s are those of up to 10 s more.
    factors.splice(5, 1);
    for (const [pass, factor] of [2, 4, 8, 8, 8, 1].entries()) expect(factors[pass]).toBeCloseTo(factor, 1);
  });

  it('count double once for passes that see nearly the same seconds', () => {
    const passes = new Passes();
    passes.minutes(2, 20);
    const factor = (load: number | undefined) => load! / (1.3 * 20);
    expect(factor(passes.after(20, FAR_LATE))).toBeCloseTo(2, 1);
    passes.parts.clock.advance(5);
    expect(factor(passes.loads().get(CHAIN))).toBeCloseTo(2, 0);
    passes.parts.clock.advance(5);
    expect(factor(passes.loads().get(CHAIN))).toBeGreaterThan(2.7);
  });

  it('are what they are where latency is a little over the objective', () => {
    const passes = new Passes();
    passes.minutes(2, 20);
    expect(passes.after(20, LATE)).toBeCloseTo(1.3 * 20, 9);
  });

  it('are what they are where a short objective is missed by some CFS periods, as in a burst', () => {
    const settings = inPlaceSettings();
    const chain = settings.topology.chains.get(CHAIN)!;
    const short = { ...chain, slo: { ...chain.slo, latencySeconds: 0.05 } };
    const chains = new Map([...settings.topology.chains, [CHAIN, short]]);
    const loadAfter = (latency: number) => {
      const passes = new Passes({ ...settings, topology: { ...settings.topology, chains } });
      passes.minutes(2, 20);
      return passes.after(20, latency)! / (1.3 * 20);
    };
    expect(loadAfter(0.5)).toBeCloseTo(1, 9);
    expect(loadAfter(0.6)).toBeCloseTo(2, 1);
  });

  it('are counted anew the next time', () => {
    const passes = new Passes();
    passes.minutes(2, 20);
    for (const latency of [FAR_LATE, FAR_LATE, IN_TIME, IN_TIME]) passes.after(20, latency);
    expect(passes.after(20, FAR_LATE)! / (1.3 * 20)).toBeCloseTo(2, 1);
  });

  it('are not learned from as they were answered: not as little at first, nor as much all at once', () => {
    // Little is answered for three quarters of a minute, and then all of it at once.
    const mean = (latency: number) => {
      const passes = new Passes();
      passes.keep(1.05);
      passes.minutes(10, 20);
      for (const rate of [4, 4, 4, 60, 20]) passes.after(rate, latency);
      const loads = passes.minutes(12, 20).slice(4);
      return loads.reduce<number>((sum, load) => sum + load!, 0) / loads.length;
    };
    expect(mean(FAR_LATE)).toBeLessThan(0.7 * mean(IN_TIME));
  });

  it('have spans of twice their mean at most when it is over', () => {
    const passes = new Passes();
    passes.minutes(3, 20);
    for (const rate of [2, 2, 2, 300]) passes.after(rate, FAR_LATE);
    expect(passes.near.spans.own.most(CHAIN, 12)).toBeCloseTo(300, 6);
    passes.after(20);
    // Five quarters of a minute, of which the last 5 s are not read yet.
    const mean = (15 * (2 + 2 + 2 + 300) + 10 * 20) / 70;
    expect(passes.near.spans.own.most(CHAIN, 14)).toBeLessThanOrEqual(2.1 * mean);
    expect(passes.near.spans.own.rate(CHAIN, NOW / 5 + 30)).toBeCloseTo(20, 6);
  });
});

describe('spikes by a clock of chains that have them together', () => {
  const OTHER = 'order-processing';
  const PERIOD = 300;

  const isSpike = (seconds: number) => seconds > PERIOD - 10 && seconds % PERIOD < 20;

  /** The first has spikes from the beginning on, the other one since `begins`. */
  class Spiky extends Passes {
    readonly #begins: number;
    /** Of the first chain's onsets, in turn, s. */
    readonly #deviations: readonly number[];
    /** Of all passes, seconds since the start. */
    readonly passSeconds = [0];

    constructor(begins: number, deviations: readonly number[] = [0], settings?: Settings) {
      super(settings);
      this.#begins = begins;
      this.#deviations = deviations;
    }

    get seconds(): number {
      return this.parts.clock.nowSeconds() - NOW;
    }

    /** Passes when it is their turn, and when loads change by the clock. */
    run(untilSeconds: number): ReadonlyMap<string, number> {
      let loads: ReadonlyMap<string, number> = new Map();
      while (this.seconds < untilSeconds) {
        const turn = Math.floor((this.seconds + PERIOD / 2) / PERIOD) % this.#deviations.length;
        this.#record(CHAIN, isSpike(this.seconds - this.#deviations[turn]!) ? 120 : 30);
        this.#record(OTHER, isSpike(this.seconds) && this.seconds >= this.#begins ? 80 : 20);
        this.parts.clock.advance(1);
        const now = this.seconds;
        if (now - this.passSeconds.at(-1)! < PASS && this.near.changesAt > NOW + now) continue;
        this.passSeconds.push(now);
        loads = this.loads();
      }
      return loads;
    }

    #record(chain: string, rate: number): void {
      const at = this.parts.clock.nowSeconds() + 0.5;
      this.parts.traffic.recordRequest('auth-service', chain, IN_TIME, false, at, rate);
    }
  }

  it('change with those of which it is known when they come', () => {
    const spiky = new Spiky(1500);
    expect(spiky.run(1110).size).toBe(2);
    expect(spiky.near.changesAt).toBe(Number.POSITIVE_INFINITY);
    // Of the other one only two are known by then.
    spiky.run(2080);
    const [earliest, latest] = [NOW + 2100 - 11, NOW + 2100 - 3];
    expect(spiky.near.changesAt).toBeGreaterThan(earliest);
    expect(spiky.near.changesAt).toBeLessThan(latest);
  });

  it('end when single seconds tell that none has come, where they are told in time', () => {
    /** Passes while the spike of 2100 s is there, the first of which may see it in single seconds. */
    const passesOf = (changes: Partial<Settings>) => {
      const settings = inPlaceSettings();
      const spiky = new Spiky(0, [0], { ...settings, ...changes });
      spiky.run(2112);
      return spiky.passSeconds.filter((at) => at > 2100);
    };
    const { monitoring } = inPlaceSettings();
    const bySeconds = passesOf({});
    expect(bySeconds.length).toBeGreaterThan(2);
    const longer = { monitoring: { ...monitoring, samplingInterval: 2 } };
    const late = { prometheus: { step: 1, delay: 1 } as NonNullable<Settings['prometheus']> };
    for (const changes of [longer, late]) expect(passesOf(changes).length).toBeLessThan(bySeconds.length);
  });

  it('change as late as those of which it is known best', () => {
    const changesAt = (deviations: readonly number[]) => {
      const spiky = new Spiky(0, deviations);
      spiky.run(2080);
      return spiky.near.changesAt - NOW;
    };
    const exact = changesAt([0]);
    expect(changesAt([1, -1, 1, -1])).toBeCloseTo(exact, 0);
  });

  it('are planned for together, also where one has had too few to tell', () => {
    const planned = (begins: number) => {
      const spiky = new Spiky(begins);
      const shares = planningShares(
        (_request, _allocations, loads) =>
          new Map([...loads!].map(([chain, load]) => [chain, load > 11.5 ? 1 : 0])),
      );
      const request = {
        ...requestOf(spiky.parts.settings),
        loads: new Map([CHAIN, OTHER].map((id) => [id, 10])),
      };
      spiky.near.keepCurves(shares, request, { services: [] });
      spiky.run(2370);
      // Of whole minutes, in which the spike is a part: it is known when that comes.
      const forecasts = [CHAIN, OTHER].map((chain) => forecastWith({ chain, medians: [70] }));
      const between = spiky.loads({ forecasts });
      return { between, due: spiky.run(2397), surges: spiky.near.surges() };
    };
    const { between, due, surges } = planned(1800);
    for (const [chain, usual, spike] of [
      [CHAIN, 30, 120],
      [OTHER, 20, 80],
    ] as const) {
      expect(between.get(chain)).toBeLessThan(1.2 * usual);
      expect(due.get(chain)).toBeGreaterThanOrEqual(spike);
      expect(surges.get(chain)).toBeGreaterThanOrEqual(spike);
    }
    // One of its own is no schedule.
    expect(planned(2100).surges.has(OTHER)).toBe(false);
  });
});

describe('curves of the latest plan', () => {
  it('are what the planner makes of its allocations at other loads than the planned ones', () => {
    const { settings } = watched();
    const request = requestOf(settings);
    const asked: unknown[] = [];
    const planner = planningShares((...question) => {
      asked.push(question);
      return new Map([[CHAIN, 0.01]]);
    });
    const services = ['auth-service', 'payment-service'].map((id, index) => ({
      id,
      ...allocation(1 + index),
      ...{ capacityCores: 1, demandCores: 1, utilization: 1 },
    }));
    new NearLoads().keepCurves(planner, request, { services });
    const planned = new Map(services.map((service) => [service.id, service]));
    expect(asked).toEqual(LOAD_FACTORS.map((factor) => [request, planned, new Map([[CHAIN, factor * 10]])]));
  });

  it('say how far loads are raised', () => {
    const settled = (stands: number) => {
      const passes = new Passes();
      passes.keep(stands);
      return passes.minutes(12, 20).at(-1)!;
    };
    expect(settled(1.15)).toBe(20);
    // A plan that does not carry its own load is cut off by bounds: no raise would help.
    for (const stands of [0.85, 0.5]) expect(settled(stands)).toBeCloseTo(20, 0);
  });

  it('raise nothing where more is slow at any load than is allowed', () => {
    const settled = (factor: number) => {
      const passes = new Passes();
      // Some are slow at any load, and fewer than are allowed.
      passes.keep(1.15, 0.02);
      return passes.minutes(12, 20, IN_TIME, { factor }).at(-1)!;
    };
    for (const factor of [1, 4]) expect(settled(factor)).toBeCloseTo(20, 0);
  });
});

describe('chains that are not configured any more', () => {
  it('are forgotten: configured again they are as new', () => {
    const passes = new Passes();
    passes.keep(1.15);
    const settled = passes.minutes(12, 20).at(-1)!;
    expect(settled).toBeLessThan(20.5);
    const now = passes.parts.clock.nowSeconds();
    const { chains, ...rest } = observe(passes.parts, now);
    const others = new Map([...chains].filter(([id]) => id !== CHAIN));
    passes.near.update(passes.parts, { ...rest, chains: others }, new Map(), new Map());
    expect(passes.near.spans.own.known(CHAIN)).toBe(0);
    expect(passes.minutes(2, 20).at(-1)).toBeCloseTo(1.3 * 20, 9);
    // Its curve is gone too.
    expect(passes.minutes(12, 20).at(-1)).toBeCloseTo(1.3 * 20, 9);
  });
});
