import { describe, expect, it } from 'vitest';
import { leastSpike, SpikeWatch } from '../../../src/control/in-place/spike-watch.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const SPAN = 5;

/** A watch that has read rates of spans from the first one on. */
function watched(rates: readonly number[], earliestSeconds?: number): SpikeWatch {
  const watch = new SpikeWatch();
  for (let span = 0; span < rates.length; span++)
    watch.read(span, (at) => rates[at] ?? Number.NaN, earliestSeconds);
  return watch;
}

const steady = (spans: number, rate = 100) => Array.from({ length: spans }, () => rate);

/** Mean rate of each span where it is five times the usual one between two times, s. */
function withSpike(spans: number, from: number, to: number): number[] {
  return Array.from({ length: spans }, (_, span) => {
    const [start, end] = [span * SPAN, (span + 1) * SPAN];
    const high = Math.max(0, Math.min(end, to) - Math.max(start, from));
    return 100 + (400 * high) / SPAN;
  });
}

describe('spikes of a rate', () => {
  it('have an onset between spans, told from how much of the first one was full', () => {
    for (let from = 150; from < 156; from += 0.25) {
      const { spikes } = watched(withSpike(60, from, from + 22));
      expect(spikes).toHaveLength(1);
      // What is less than a seventh of a span is no part of it.
      expect(Math.abs(spikes[0]!.onsetSeconds - from)).toBeLessThan(0.8);
      expect(spikes[0]!.height).toBe(400);
      expect(spikes[0]!.earliestSeconds).toBe(spikes[0]!.onsetSeconds);
    }
  });

  it('are present from the first span that shows them until one is near the usual rate again', () => {
    const rates = withSpike(60, 150, 170);
    const watch = new SpikeWatch();
    const present: boolean[] = [];
    for (let span = 0; span < rates.length; span++) {
      watch.read(span, (at) => rates[at]!);
      present.push(watch.present() !== undefined);
    }
    expect(present.flatMap((is, span) => (is ? [span] : []))).toEqual([30, 31, 32, 33]);
  });

  it('are going as soon as the rate is below half of the largest', () => {
    const rates = [...steady(30), 500, 520, 240];
    expect(watched(rates.slice(0, 32)).present()).toEqual({ rate: 520, isGoing: false });
    expect(watched(rates).present()).toEqual({ rate: 240, isGoing: true });
  });

  it('are none of what is usual', () => {
    const watch = watched([...steady(30), ...steady(4, 500), ...steady(2, 110)]);
    expect(watch.usual(4)).toBeCloseTo(105, 9);
    expect(watch.latest).toBe(110);
  });

  it('may have begun any time since all was well where requests were answered late', () => {
    const { spikes } = watched([...steady(30), 500, 500, 100], 140);
    expect(spikes[0]).toMatchObject({ earliestSeconds: 140, height: 400 });
    expect(spikes[0]!.onsetSeconds).toBeGreaterThan(140);
  });

  it('are not told from a load that nearly nothing is known of', () => {
    expect(watched([...steady(11), 500, 100, 100]).spikes).toHaveLength(0);
  });

  it('are a new level when they last longer than three minutes', () => {
    const watch = watched([...steady(30), ...steady(60, 500)]);
    expect(watch.spikes).toHaveLength(0);
    expect(watch.present()).toBeUndefined();
    // Spikes over the new level are told again.
    const rates = [...steady(30), ...steady(60, 500), 2500, 2500, 500];
    expect(watched(rates).spikes).toHaveLength(1);
  });

  it('are no chance, noise or drift', () => {
    const random = seededRandom(4);
    const few = Array.from({ length: 2000 }, () => poisson(2, random) / SPAN);
    const noisy = Array.from({ length: 2000 }, () => 200 * (0.6 + 0.8 * random()));
    const drifting = Array.from({ length: 400 }, (_, span) => 20 * 1.02 ** span);
    for (const rates of [few, noisy, drifting]) expect(watched(rates).spikes).toHaveLength(0);
    expect(leastSpike(0)).toBe(4);
  });

  it('are no chance of Poisson arrivals at any rate', () => {
    for (const rate of [0.05, 0.5, 2, 4, 8, 30, 100]) {
      const random = seededRandom(9);
      const rates = Array.from({ length: 5000 }, () => poisson(SPAN * rate, random) / SPAN);
      expect(watched(rates).spikes).toHaveLength(0);
    }
  });

  it('are told from Poisson arrivals, each once, with an onset that is right to a second or so', () => {
    for (const [usual, peak] of [
      [100, 500],
      [20, 100],
      [200, 480],
    ] as const) {
      const random = seededRandom(3);
      const errors = Array.from({ length: 200 }, () => {
        const from = 150 + SPAN * random();
        const means = withSpike(50, from, from + 20).map(
          (rate) => usual + ((peak - usual) * (rate - 100)) / 400,
        );
        const { spikes } = watched(means.map((rate) => poisson(SPAN * rate, random) / SPAN));
        expect(spikes).toHaveLength(1);
        return Math.abs(spikes[0]!.onsetSeconds - from);
      }).sort((left, right) => left - right);
      expect(errors[100]).toBeLessThan(0.4);
      expect(errors[180]).toBeLessThan(1);
    }
  });

  it('are over where what is left may be chance of a low rate', () => {
    const random = seededRandom(6);
    const runs = Array.from({ length: 300 }, () => {
      const means = [...steady(30, 1), 20, 20, 1, 1];
      const watch = watched(means.map((rate) => poisson(SPAN * rate, random) / SPAN));
      return watch.present() === undefined && watch.spikes.length === 1;
    });
    expect(runs.filter((isOver) => isOver).length).toBeGreaterThan(0.97 * runs.length);
  });

  it('began with their first span where the next one had less', () => {
    expect(watched([...steady(30), 500, 300, 100]).spikes[0]!.onsetSeconds).toBe(150);
  });

  it('are told although one span before was nearly one', () => {
    const rates = [...steady(20), 215, ...steady(9), 400, 400, 100];
    expect(watched(rates).spikes.map(({ onsetSeconds }) => onsetSeconds)).toEqual([150]);
  });

  it('are told across spans of which nothing is known, and after a pause', () => {
    const rates = [...steady(30), Number.NaN, 500, Number.NaN, 500, 100];
    expect(watched(rates).spikes).toHaveLength(1);
    const watch = watched(steady(30));
    const later = [...steady(1000), 500, 100];
    for (const span of [1000, 1001]) watch.read(span, (at) => (at < 900 ? Number.NaN : later[at]!));
    expect(watch.spikes).toHaveLength(1);
  });

  it('are none that a pause made long', () => {
    const watch = watched([...steady(30), 500]);
    for (let span = 31; span < 60; span++) watch.read(span, () => Number.NaN);
    for (let span = 60; span < 80; span++) watch.read(span, () => 100);
    expect(watch.spikes).toHaveLength(1);
    const long = watched([...steady(30), 500]);
    for (let span = 31; span < 750; span++) long.read(span, () => Number.NaN);
    for (let span = 750; span < 780; span++) long.read(span, () => 100);
    expect(long.spikes).toHaveLength(0);
    expect(long.present()).toBeUndefined();
  });

  it('are forgotten when the clock was set back, and told again', () => {
    const watch = watched([...steady(30), 500, 100, ...steady(100)]);
    for (let span = 20; span < 60; span++) watch.read(span, (at) => (at === 50 ? 500 : 100));
    expect(watch.spikes.map(({ onsetSeconds }) => onsetSeconds)).toEqual([250]);
  });

  it('are not what one was that was there when the clock was set back', () => {
    const watch = watched([...steady(30), 500]);
    for (let span = 10; span < 40; span++) watch.read(span, () => 100);
    expect(watch.spikes).toHaveLength(0);
  });

  it('are looked for in the latest two minutes alone after a pause', () => {
    const watch = watched(steady(30));
    const read: number[] = [];
    watch.read(5000, (span) => {
      read.push(span);
      return 100;
    });
    expect(read.length).toBeLessThanOrEqual(25);
    expect(read.at(-1)).toBe(5000);
  });

  it('are kept in bounded number, the latest', () => {
    const cycle = [...steady(19), 500];
    const { spikes } = watched(
      Array.from({ length: 40 }, () => cycle)
        .flat()
        .concat(100),
    );
    expect(spikes).toHaveLength(16);
    expect(spikes.at(-1)!.onsetSeconds).toBe(SPAN * (40 * 20 - 1));
  });
});
