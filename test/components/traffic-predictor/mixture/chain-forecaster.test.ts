import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainForecaster } from '../../../../src/components/traffic-predictor/mixture/chain-forecaster.ts';
import { LEVELS, UPPER } from '../../../../src/components/traffic-predictor/mixture/levels.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

const HORIZON = 4;
const gap = Number.NaN;

function newForecaster(): ChainForecaster {
  return new ChainForecaster({ horizon: HORIZON, stepSeconds: 60 });
}

function fed(rates: Iterable<number>): ChainForecaster {
  const forecaster = newForecaster();
  for (const rate of rates) forecaster.advance(rate);
  return forecaster;
}

/** Copies, since what is served is the forecaster's own. */
function served(forecaster: ChainForecaster) {
  const forecast = forecaster.forecast();
  return forecast && { quantiles: [...forecast.quantiles], maximum95: [...forecast.maximum95] };
}

function noisy(length: number, seed = 1): Float64Array {
  const random = seededRandom(seed);
  return rangeOf(length, (step) => 50 + 20 * Math.sin(step / 40) + 10 * (random() + random() - 1));
}

const rate = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 1000, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, gap, Number.POSITIVE_INFINITY, -1) },
);

describe('what is served', () => {
  it('begins with the second known step', () => {
    const forecaster = fed([5, gap]);
    expect(forecaster.forecast()).toBeUndefined();
    forecaster.advance(5);
    expect(served(forecaster)?.quantiles).toEqual(new Array(HORIZON * LEVELS.length).fill(5));
  });

  it('is the constant itself, without width, for a constant series', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), (constant) => {
        const forecast = served(fed(rangeOf(200, () => constant)));
        expect(new Set(forecast?.quantiles)).toEqual(new Set([constant]));
        expect(new Set(forecast?.maximum95)).toEqual(new Set([constant]));
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('is finite, never negative and in order, whatever comes in', () => {
    fc.assert(
      fc.property(fc.array(rate, { minLength: 2, maxLength: 120 }), (rates) => {
        const forecaster = newForecaster();
        for (const each of rates) {
          forecaster.advance(each);
          expectSound(forecaster);
        }
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('scales with the series', () => {
    const rates = noisy(400);
    const forecast = served(fed(rates))!;
    for (const scale of [1e-3, 7, 4096]) {
      const scaled = served(fed(rates.map((each) => each * scale)))!;
      scaled.quantiles.forEach((quantile, i) => {
        expect(quantile / scale / forecast.quantiles[i]!).toBeCloseTo(1, 3);
      });
      scaled.maximum95.forEach((maximum, l) => {
        expect(maximum / scale / forecast.maximum95[l]!).toBeCloseTo(1, 3);
      });
    }
  });

  it('rests on nothing that comes later, told networks included', () => {
    fc.assert(
      fc.property(
        fc.array(rate, { minLength: 30, maxLength: 60 }),
        fc.array(rate, { minLength: 10, maxLength: 10 }),
        fc.array(rate, { minLength: 10, maxLength: 10 }),
        (past, oneFuture, otherFuture) => {
          const asked = newForecaster();
          const all = [...past, ...oneFuture].map((each, step) => {
            asked.advance(each);
            if (step % 3 === 0) asked.tellGru(blockOf(20 + step));
            return served(asked);
          });
          const other = newForecaster();
          [...past, ...otherFuture].forEach((each, step) => {
            other.advance(each);
            if (step % 3 === 0) other.tellGru(blockOf(20 + step));
            if (step < past.length) expect(served(other)).toEqual(all[step]);
          });
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });

  it('is the same whether or not somebody asked before', () => {
    const asked = newForecaster();
    const unasked = newForecaster();
    for (const each of noisy(150)) {
      asked.advance(each);
      asked.forecast();
      unasked.advance(each);
    }
    expect(served(asked)).toEqual(served(unasked));
  });
});

describe('gaps and outages', () => {
  it('does not let a gap spoil what follows', () => {
    const rates = noisy(600);
    const whole = served(fed(rates))!;
    const broken = served(fed(rates.map((each, step) => (step > 480 && step < 520 ? gap : each))))!;
    broken.quantiles.forEach((quantile, i) => {
      expect(Math.abs(quantile / whole.quantiles[i]! - 1)).toBeLessThan(0.15);
    });
  });

  it('has its former spread back as soon as an outage recorded as zeros is over', () => {
    const rates = noisy(700);
    const whole = served(fed(rates))!;
    const broken = served(fed(rates.map((each, step) => (step > 500 && step < 690 ? 0 : each))))!;
    for (let h = 0; h < HORIZON; h++) {
      const at = h * LEVELS.length;
      const width = (from: readonly number[]) => from[at + UPPER]! - from[at]!;
      expect(Math.abs(broken.quantiles[at]! / whole.quantiles[at]! - 1)).toBeLessThan(0.2);
      expect(width(broken.quantiles)).toBeLessThan(2 * width(whole.quantiles));
    }
  });

  it('expects an outage to end soon at first and not at all in the end', () => {
    const forecaster = fed(noisy(500));
    forecaster.advance(0);
    forecaster.advance(0);
    expect(served(forecaster)!.maximum95[HORIZON - 1]).toBeGreaterThan(30);
    for (let step = 0; step < 1000; step++) forecaster.advance(0);
    expect(new Set(served(forecaster)!.quantiles)).toEqual(new Set([0]));
  });
});

describe('the maximum over the first steps', () => {
  it('is never below the 0.95 quantile of any of them, and counts what it rests on', () => {
    const forecaster = newForecaster();
    noisy(300).forEach((each, step) => {
      forecaster.advance(each);
      const forecast = forecaster.forecast();
      if (forecast === undefined) return;
      for (let l = 0; l < HORIZON; l++) {
        expect(forecast.maximumCounts[l]).toBe(Math.max(0, step - l));
        for (let h = 0; h <= l; h++) {
          const upper = forecast.quantiles[h * LEVELS.length + UPPER]!;
          expect(forecast.maximum95[l]).toBeGreaterThanOrEqual(upper);
        }
      }
    });
  });
});

describe('coverage', () => {
  it('is as stated on noise whose size changes with the level and over time', () => {
    const random = seededRandom(4);
    const rates = rangeOf(6000, (step) => {
      const level = 100 * Math.exp(Math.sin(step / 200));
      return level * (1 + (step > 3000 ? 0.4 : 0.1) * (random() + random() - 1));
    });
    const covered = new Float64Array(LEVELS.length + 1);
    const forecaster = newForecaster();
    rates.forEach((each, step) => {
      forecaster.advance(each);
      const forecast = forecaster.forecast();
      if (step < 1000 || step + HORIZON >= rates.length || forecast === undefined) return;
      LEVELS.forEach((_, q) => {
        for (let h = 0; h < HORIZON; h++) {
          const quantile = forecast.quantiles[h * LEVELS.length + q]!;
          if (rates[step + h + 1]! <= quantile) covered[q]! += 1 / HORIZON / 4996;
        }
      });
      const largest = Math.max(...rates.subarray(step + 1, step + 1 + HORIZON));
      if (largest <= forecast.maximum95[HORIZON - 1]!) covered[LEVELS.length]! += 1 / 4996;
    });
    [...LEVELS, 0.95].forEach((level, i) => {
      expect(Math.abs(covered[i]! - level)).toBeLessThan(0.02);
    });
  });
});

describe('a calm between noise', () => {
  const random = seededRandom(6);
  const noise = () => 100 + 40 * (random() + random() - 1);

  it.each([1000, 4000, 10_000])('leaves the former spread to come back to: %i constant steps', (calm) => {
    const rates = rangeOf(1000 + calm + 300 + HORIZON, (step) =>
      step >= 1000 && step < 1000 + calm ? 100 : noise(),
    );
    const forecaster = fed(rates.subarray(0, 1000 + calm));
    let covered = 0;
    for (let step = 1000 + calm; step + HORIZON < rates.length; step++) {
      forecaster.advance(rates[step]!);
      const { quantiles } = forecaster.forecast()!;
      for (let h = 0; h < HORIZON; h++) {
        if (rates[step + h + 1]! <= quantiles[h * LEVELS.length + UPPER]!) covered += 1 / HORIZON / 300;
      }
    }
    expect(covered).toBeGreaterThan(0.88);
  });

  it('has no width when it stays', () => {
    const forecaster = fed(rangeOf(11_000, (step) => (step < 1000 ? noise() : 100)));
    const { quantiles, maximum95 } = served(forecaster)!;
    for (const each of [...quantiles, ...maximum95]) expect(Math.abs(each - 100)).toBeLessThan(0.1);
  });
});

describe('the network as an expert', () => {
  /** Alternating 10 and 90 at random, which nobody but the network can know. */
  const random = seededRandom(5);
  const coins = rangeOf(400, () => (random() < 0.5 ? 10 : 90));

  it('leads soon when it knows what is to come, and is not missed where it is silent', () => {
    const forecaster = newForecaster();
    coins.forEach((each, step) => {
      forecaster.advance(each);
      forecaster.tellGru(step % 5 === 4 ? undefined : knowing(step));
    });
    expectSound(forecaster);
    const report = forecaster.report();
    expect(report.experts.find(({ name }) => name === 'gru')?.errorToNaive).toBeCloseTo(0, 6);
    const next = newForecaster();
    coins.forEach((each, step) => {
      next.advance(each);
      next.tellGru(knowing(step));
    });
    expect(Math.abs(served(next)!.quantiles[0]! - 10)).toBeLessThan(2);
    expect(next.report().experts.find(({ name }) => name === 'gru')?.medianWeight).toBeGreaterThan(0.9);
  });

  it('is taken for silent when its block is no forecast', () => {
    const told = fed(noisy(100));
    const block = blockOf(5);
    block[3] = gap;
    told.tellGru(block);
    expect(served(told)).toEqual(served(fed(noisy(100))));
  });

  function knowing(step: number): Float64Array {
    return Float64Array.from(
      { length: HORIZON * LEVELS.length },
      (_, i) => coins[step + 1 + Math.floor(i / LEVELS.length)] ?? 10,
    );
  }
});

describe('the report', () => {
  it('has shares that sum to one and errors relative to naive', () => {
    const report = fed(noisy(500)).report();
    const sum = (of: 'medianWeight' | 'upperWeight') =>
      report.experts.reduce((total, expert) => total + expert[of], 0);
    expect(sum('medianWeight')).toBeCloseTo(1, 5);
    expect(sum('upperWeight')).toBeCloseTo(1, 5);
    expect(report.knownSteps).toBe(500);
    expect(report.errorToNaive).toBeLessThan(1);
    expect(report.errorToRate).toBeGreaterThan(0);
    expect(report.experts.find(({ name }) => name === 'naive')?.errorToNaive).toBeCloseTo(1, 9);
    expect(report.coverage[UPPER]).toBeGreaterThan(0.9);
  });
});

function blockOf(value: number): Float64Array {
  return new Float64Array(HORIZON * LEVELS.length).fill(value);
}

function expectSound(forecaster: ChainForecaster): void {
  const forecast = forecaster.forecast();
  if (forecast === undefined) return;
  for (let h = 0; h < HORIZON; h++) {
    const row = [...forecast.quantiles.subarray(h * LEVELS.length, (h + 1) * LEVELS.length)];
    expect(row.every((quantile) => Number.isFinite(quantile) && quantile >= 0)).toBe(true);
    expect(row).toEqual([...row].sort((a, b) => a - b));
    expect(Number.isFinite(forecast.maximum95[h])).toBe(true);
  }
}
