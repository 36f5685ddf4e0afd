import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Exponents,
  firstBelief,
  GRID,
  likeliest,
  pooledBelief,
} from '../../../src/components/performance-quantifier/exponents.ts';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal } from './windows.ts';

const PAIRS = [
  { chain: 'a', demand: 0.005, floor: 0.02, queueing: 0.03 },
  { chain: 'b', demand: 0.011, floor: 0.03, queueing: 0.02 },
];

interface Service extends Exponents {
  readonly id: string;
  readonly windows?: number;
  readonly cpus?: readonly number[];
  /** Lowest and highest utilisation. */
  readonly load?: readonly [number, number];
  readonly noise?: number;
  readonly garbage?: number;
}

/** Windows of a service whose latencies follow the family with its own k and η. */
function watch(quantifier: PerformanceImpactQuantifier, service: Service, seed = 1): void {
  const { id, windows = 120, cpus = [0.5, 1, 2], load = [0.1, 0.9], noise = 0.05, garbage = 0 } = service;
  const random = seededRandom(seed);
  const factor = () => Math.exp(noise * normal(random)) * (random() < garbage ? 4 : 1);
  for (let i = 0; i < windows; i++) {
    const cpu = cpus[i % cpus.length]!;
    const rho = load[0] + (load[1] - load[0]) * random();
    const split = 0.3 + 0.4 * random();
    const rates = [(split * rho * cpu) / 0.005, ((1 - split) * rho * cpu) / 0.011];
    const waiting = rho ** service.exponent / (cpu ** service.verticalExponent * (1 - rho));
    quantifier.updateProfile({
      service: id,
      startSeconds: 60 * i,
      lengthSeconds: 60,
      capacity: { cpu, instances: 1, memory: 512, source: 'applied', sinceSeconds: 0 },
      cpuUsedCores: rho * cpu * Math.exp(noise * normal(random)),
      pairs: PAIRS.map((pair, c) => ({
        chain: pair.chain,
        ratePerSecond: rates[c]!,
        requests: 60 * rates[c]!,
        errorRatio: 0,
        percentileSeconds: (pair.floor + pair.queueing * waiting) * factor(),
        meanSeconds: (pair.demand / (1 - rho)) * factor(),
      })),
    });
  }
}

function learn(service: Omit<Service, 'id'>, seed = 1) {
  const quantifier = new PerformanceImpactQuantifier();
  watch(quantifier, { id: 's', ...service }, seed);
  quantifier.refit(60 * 120);
  return knownProfile(quantifier, 's', 'a');
}

describe('k and η', () => {
  it.each([
    [1, 0],
    [1, 0.5],
    [1.5, 1],
    [2, 0.5],
    [3, 1],
    [2.5, 1.5],
  ])(
    'are found by the windows of a service: k = %d, η = %d, a tenth of the latencies garbage',
    (exponent, verticalExponent) => {
      for (const seed of [1, 2, 3]) {
        const profile = learn({ exponent, verticalExponent, garbage: 0.1 }, seed);
        expect(Math.abs(profile.verticalExponent - verticalExponent)).toBeLessThan(0.15);
        expect(Math.abs(profile.exponent - exponent)).toBeLessThan(exponent === 1 ? 0.7 : 0.5);
        for (const rho of [0.2, 0.4, 0.6, 0.8]) {
          const truth = { floorSeconds: 0.02, queueingSeconds: 0.03, exponent, verticalExponent };
          expect(Math.abs(latencyAt(profile, rho, 1) / latencyAt(truth, rho, 1) - 1)).toBeLessThan(0.12);
        }
      }
    },
  );

  it.each([
    [6, 1],
    [10, 2],
  ])(
    'are found where latencies keep their value for long and then rise at once: k = %d, η = %d',
    (exponent, verticalExponent) => {
      for (const seed of [1, 2, 3]) {
        const profile = learn({ exponent, verticalExponent, garbage: 0.1 }, seed);
        expect(Math.abs(profile.verticalExponent - verticalExponent)).toBeLessThan(0.5);
        expect(Math.abs(Math.log(profile.exponent / exponent))).toBeLessThan(0.3);
        for (const rho of [0.2, 0.4, 0.6, 0.8]) {
          const truth = { floorSeconds: 0.02, queueingSeconds: 0.03, exponent, verticalExponent };
          expect(Math.abs(latencyAt(profile, rho, 1) / latencyAt(truth, rho, 1) - 1)).toBeLessThan(0.12);
        }
      }
    },
  );

  it('are found although the sizes of the instances alternate from window to window', () => {
    const profile = learn({ exponent: 1.5, verticalExponent: 1, cpus: [0.5, 2] });
    expect(Math.abs(profile.verticalExponent - 1)).toBeLessThan(0.15);
  });

  it('stay near what is believed where one size and a narrow range of loads tell nothing', () => {
    const profile = learn({ exponent: 3, verticalExponent: 1.5, cpus: [1], load: [0.4, 0.43] });
    expect(profile.exponent).toBeLessThan(1.6);
    expect(Math.abs(profile.verticalExponent - 0.5)).toBeLessThan(0.15);
  });

  it('stay k = 1 and the η of the settings before sixteen windows', () => {
    expect(learn({ exponent: 3, verticalExponent: 1, windows: 12 })).toMatchObject({
      source: 'fitted',
      exponent: 1,
      verticalExponent: 0.5,
    });
  });

  it('of a service that tells little lean on those of all others', () => {
    const quantifier = new PerformanceImpactQuantifier();
    const dull = { id: 'dull', exponent: 2, verticalExponent: 1, windows: 40, cpus: [1], noise: 0.3 };
    watch(quantifier, dull);
    quantifier.refit(60 * 120);
    const alone = knownProfile(quantifier, 'dull', 'a');
    for (const [i, id] of ['p', 'q', 'r', 't'].entries())
      watch(quantifier, { id, exponent: 2, verticalExponent: 1 }, 10 + i);
    quantifier.refit(60 * 120);
    const among = knownProfile(quantifier, 'dull', 'a');
    expect(alone.verticalExponent).toBeLessThan(0.6);
    expect(among.verticalExponent).toBeGreaterThan(0.85);
    expect(Math.abs(among.exponent - 2)).toBeLessThan(0.5);
  });

  it('leave every curve growing with the load and falling with the size, whatever the windows', () => {
    const least = 1e-3;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0.05, max: 1.5, noNaN: true }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (seed, noise, exponent, verticalExponent) => {
          const profile = learn({ exponent, verticalExponent, noise, garbage: 0.2, windows: 40 }, seed);
          expect(profile.exponent).toBeGreaterThanOrEqual(1);
          expect(profile.verticalExponent).toBeGreaterThanOrEqual(0);
          for (const rho of [0.1, 0.5, 0.9]) {
            expect(latencyAt(profile, rho + least, 1)).toBeGreaterThan(latencyAt(profile, rho, 1));
            expect(latencyAt(profile, rho, 0.5)).toBeGreaterThanOrEqual(latencyAt(profile, rho, 1));
          }
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });
});

describe('the belief about k and η', () => {
  const flat = new Float64Array(GRID.length);
  const around = (exponent: number, verticalExponent: number, sharpness: number) =>
    Float64Array.from(
      GRID,
      (point) =>
        sharpness *
        (Math.log(point.exponent / exponent) ** 2 + (point.verticalExponent - verticalExponent) ** 2),
    );

  it('is not moved by windows that say nothing', () => {
    const first = firstBelief(1, 0.5);
    expect(likeliest(flat, first)).toMatchObject({ exponent: 1 });
    expect(likeliest(flat, first).verticalExponent).toBeCloseTo(0.5, 5);
    expect(pooledBelief(first, [])).toMatchObject({ exponent: 1 });
    expect(pooledBelief(first, [flat, flat]).verticalExponent).toBeCloseTo(0.5, 5);
  });

  it('lies between what was believed and what the windows say, nearer to these the surer they are', () => {
    const first = firstBelief(1, 0.5);
    const found = [1, 10, 1000].map((sharpness) => likeliest(around(3, 1, sharpness), first));
    for (const { exponent, verticalExponent } of found) {
      expect(exponent).toBeGreaterThan(1);
      expect(exponent).toBeLessThan(3.01);
      expect(verticalExponent).toBeGreaterThan(0.5);
      expect(verticalExponent).toBeLessThan(1.01);
    }
    expect(found[1]!.exponent).toBeGreaterThan(found[0]!.exponent);
    expect(found[2]!.exponent).toBeCloseTo(3, 1);
  });

  it('is pooled so that one service, however sure, is not taken for all', () => {
    const first = firstBelief(1, 0.5);
    const one = pooledBelief(first, [around(3, 1.5, 1e6)]);
    const many = pooledBelief(
      first,
      Array.from({ length: 20 }, () => around(3, 1.5, 1e6)),
    );
    expect(one.exponent).toBeLessThan(2.8);
    expect(many.exponent).toBeGreaterThan(one.exponent);
    expect(Math.abs(many.exponent - 3)).toBeLessThan(0.2);
    expect(Math.abs(many.verticalExponent - 1.5)).toBeLessThan(0.1);
  });
});
