import { describe, expect, it } from 'vitest';
import { LatencySample } from '../../../../bench/simulator/validation/latency-sample.ts';
import { runCase } from '../../../../bench/simulator/validation/queue-case.ts';
import { queueCases } from '../../../../bench/simulator/validation/queue-cases.ts';

describe('queues that theory knows', () => {
  it('are what the simulator does, within their own confidence', () => {
    for (const queue of queueCases(0.02).filter(({ requests }) => requests < 40_000)) {
      for (const { error, half_width } of runCase(queue, 3).figures) {
        // Two hundred intervals of 95 %: some miss, none by twice their width.
        expect(Math.abs(error)).toBeLessThan(2 * half_width + 0.002);
      }
    }
  });

  it('are run for longer the more loaded they are', () => {
    const [calm, , , , busy] = queueCases(1);
    expect(calm!.name).toBe('M/M/1, load 0.3');
    expect(busy!.requests).toBeGreaterThan(50 * calm!.requests);
  });
});

describe('a sample of latencies', () => {
  it('has quantiles within 0.2 % of the exact ones', () => {
    const sample = new LatencySample();
    for (let place = 0.5; place < 10_000; place++) sample.add(-Math.log(place / 10_000));
    for (const quantile of [0.5, 0.9, 0.95, 0.99]) {
      expect(sample.quantileSeconds(quantile) / -Math.log(1 - quantile)).toBeCloseTo(1, 2);
    }
    expect(sample.meanSeconds()).toBeCloseTo(1, 3);
  });

  it('adds another sample to itself', () => {
    const [one, other] = [new LatencySample(), new LatencySample()];
    for (let place = 1; place <= 50; place++) one.add(place);
    for (let place = 51; place <= 100; place++) other.add(place);
    one.merge(other);
    expect(one.count).toBe(100);
    expect(one.quantileSeconds(0.5)).toBeCloseTo(50, 0);
  });
});
