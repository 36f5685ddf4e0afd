import { describe, expect, it } from 'vitest';
import { NearLoad } from '../../../src/control/in-place/near-load.ts';
import { LOAD_FACTORS, ShareCurve } from '../../../src/control/in-place/share-curve.ts';
import type { NearRates } from '../../../src/control/in-place/simple-forecasts.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const INTERVAL = 15;
const OPTIONS = {
  isPilingUp: false,
  isMissed: false,
  intervalSeconds: INTERVAL,
  lateSeconds: 0,
  allowed: 0.04,
  schedules: [],
};

/** Nothing is slow up to the planned load, and soon everything beyond. */
const CURVE = new ShareCurve(LOAD_FACTORS.map((load) => Math.min(1, Math.max(0, 5 * (load - 1)))));

/** A chain that is watched from the beginning of a series of spans of 5 s; NaN where a span is lost. */
class Watch {
  readonly near = new NearLoad();
  readonly spans: number[] = [];
  isPilingUp = false;
  isMissed = false;
  /** Of every span the seconds, as factors of its rate; absent: these are not told. */
  shape: readonly number[] | undefined;
  /** Passes come so long after the end of a span. */
  lateSeconds = 0;
  readonly #passes: { readonly atSeconds: number; readonly load: number }[] = [];
  #startSeconds: number;
  readonly #curve: ShareCurve | undefined;

  constructor(curve: ShareCurve | 'none' = CURVE, startSeconds = 0) {
    this.#curve = curve === 'none' ? undefined : curve;
    this.#startSeconds = startSeconds;
  }

  /** What is planned for at every pass whose turn it is; when the load changes by the clock there is one more. */
  after(...rates: number[]): number[] {
    const loads: number[] = [];
    for (const rate of rates) {
      const end = this.#startSeconds + 5 * (this.spans.length + 1);
      while (this.near.changesAt < end) this.#load(this.near.changesAt);
      this.spans.push(rate);
      const isTurn = this.spans.length % (INTERVAL / 5) === 0;
      if (!isTurn && this.near.changesAt > end) continue;
      const load = this.#load(end + this.lateSeconds);
      if (isTurn) loads.push(load);
    }
    return loads;
  }

  /** What is planned for in the most of a span: a pass has effect three seconds later. */
  inForce(span: number): number {
    const middle = this.#startSeconds + 5 * span + 2.5;
    return this.#passes.findLast(({ atSeconds }) => atSeconds + 3 <= middle)!.load;
  }

  minutes(count: number, rateAt: (span: number) => number): number[] {
    const from = this.spans.length;
    return this.after(...Array.from({ length: 12 * count }, (_, span) => rateAt(from + span)));
  }

  jump(seconds: number): void {
    this.#startSeconds += seconds;
  }

  #load(now: number): number {
    const { spans } = this;
    const last = (seconds: number) => spans.slice(-seconds / 5).map((rate) => rate || 0);
    const mean = (seconds: number) =>
      last(seconds).reduce((sum, rate) => sum + rate, 0) / last(seconds).length;
    const most = (seconds: number) => Math.max(...last(seconds));
    const rates: NearRates = {
      ...{ last15: mean(15), last30: mean(30), last60: mean(60), last120: mean(120) },
      ...{ last300: mean(300), last600: mean(600) },
      ...{ most60: most(60), most120: most(120), most300: most(300), most1200: most(1200) },
      counted15: mean(15),
      untilSeconds: this.#startSeconds + 5 * spans.length,
      knownSeconds: 5 * spans.length,
    };
    const rateAt = (seconds: number) => spans[(seconds - this.#startSeconds) / 5] ?? Number.NaN;
    const options = { ...OPTIONS, isPilingUp: this.isPilingUp, isMissed: this.isMissed };
    const { shape } = this;
    const secondAt = (seconds: number) =>
      rateAt(5 * Math.floor(seconds / 5)) * (shape?.[Math.floor(seconds) % 5] ?? Number.NaN);
    const seen = shape === undefined ? { rateAt } : { rateAt, secondAt };
    const load = this.near.update(now, rates, seen, this.#curve, options);
    this.#passes.push({ atSeconds: now, load });
    return load;
  }
}

const steady = () => 100;
const meanOf = (loads: readonly number[]) => loads.reduce((sum, load) => sum + load, 0) / loads.length;

describe('the load that is planned for until the next change in place', () => {
  it('is 1.3 times the largest mean of the last minute until twelve minutes tell more', () => {
    const watch = new Watch();
    const loads = watch.after(...[90, 90, 90, 60, 60, 60, 120, 120, 120, 60, 60, 60, 30, 30, 30]);
    // Means of 15, 30 and 60 s: 90; 60, 75; 120, 90, 90; 60, 90, 82.5; 30, 45, 67.5.
    for (const [pass, widest] of [90, 75, 120, 90, 67.5].entries())
      expect(loads[pass]).toBeCloseTo(1.3 * widest, 9);
  });

  it('stays so while nothing is known of what the plan makes of other loads', () => {
    for (const load of new Watch('none').minutes(30, steady)) expect(load).toBe(130);
  });

  it('is a number from the beginning on, also while some forecasts look back further than anything is known', () => {
    const random = seededRandom(1);
    const loads = new Watch().minutes(30, () => 80 + 40 * random());
    for (const load of loads) {
      expect(load).toBeGreaterThan(80);
      expect(load).toBeLessThan(170);
    }
  });

  it('comes down to the rate itself where that never changes', () => {
    const loads = new Watch().minutes(10, steady);
    expect(loads.at(-1)).toBeGreaterThan(98);
    expect(loads.at(-1)).toBeLessThan(104);
  });

  it.each([0.003, 0.05, 2, 4.9])('is so whenever between two spans passes are made (%d s)', (late) => {
    const watch = new Watch();
    watch.lateSeconds = late;
    expect(watch.minutes(12, steady).at(-1)).toBe(100);
  });

  it('is raised by what minutes have needed before: more for much noise than for little', () => {
    const [calm, noisy] = [0.1, 0.4].map((width) => {
      const random = seededRandom(3);
      const loads = new Watch().minutes(90, () => 2000 * (1 - width + 2 * width * random()));
      return loads.slice(120).reduce((sum, load) => sum + load, 0) / (loads.length - 120) / 2000;
    });
    expect(calm).toBeGreaterThan(1);
    expect(calm).toBeLessThan(1.12);
    // Nearly all of what comes is below the largest rate; the plan need not go beyond it.
    expect(noisy).toBeGreaterThan(calm! + 0.1);
    expect(noisy).toBeLessThan(1.5);
  });

  it('is for the seconds of a span that have twice its rate, where these are told', () => {
    const loads = [[2, 0.75, 0.75, 0.75, 0.75], [1.05, 0.9, 1.05, 1, 1], undefined].map((shape) => {
      const watch = new Watch();
      watch.shape = shape;
      return watch.minutes(10, steady).at(-1)!;
    });
    expect(loads[0]).toBeGreaterThan(1.9 * 100);
    expect(loads.slice(1)).toEqual([100, 100]);
  });

  it('is more for an hour after minutes were missed that were planned for', () => {
    const [calm, missed] = [false, true].map((isMissed) => {
      const random = seededRandom(4);
      const rateAt = () => 200 * (0.8 + 0.4 * random());
      const watch = new Watch();
      watch.minutes(40, rateAt);
      watch.isMissed = isMissed;
      watch.minutes(2, rateAt);
      watch.isMissed = false;
      return meanOf(watch.minutes(20, rateAt));
    });
    expect(missed).toBeGreaterThan(1.02 * calm!);
  });

  it('follows a ramp without falling behind it, and without running ahead of it', () => {
    const rateAt = (span: number) => 100 + 2 * span;
    const watch = new Watch();
    watch.minutes(20, rateAt);
    const first = watch.spans.length;
    for (const [pass, load] of watch.minutes(20, rateAt).entries()) {
      // What it is for are the four spans that follow.
      const next = rateAt(first + 3 * (pass + 1) + 3);
      expect(load / next).toBeGreaterThan(0.98);
      expect(load / next).toBeLessThan(1.13);
    }
  });

  it('holds peaks that come again, whether or not one came just now', () => {
    const random = seededRandom(8);
    const times = Array.from({ length: 18 }, (_, i) => 15 + 30 * i + Math.floor(20 * random()));
    const rateAt = (span: number) => (times.some((time) => span === time || span === time + 1) ? 800 : 200);
    const watch = new Watch();
    watch.minutes(30, rateAt);
    const loads = watch.minutes(15, rateAt);
    for (const load of loads) expect(load).toBeGreaterThan(0.95 * 800);
    expect(Math.max(...loads)).toBeLessThanOrEqual(1.25 * 800);
    expect(meanOf(loads)).toBeLessThan(1.13 * 800);
  });

  it('holds peaks that come again after more than ten minutes', () => {
    const times = [110, 247, 431, 590, 702, 851];
    const rateAt = (span: number) => (times.some((time) => span >= time && span < time + 3) ? 800 : 200);
    const watch = new Watch();
    watch.minutes(50, rateAt);
    for (const load of watch.minutes(25, rateAt)) expect(load).toBeGreaterThan(0.95 * 800);
  });

  it('holds peaks that come again after more than any forecast looks back, and little more than them', () => {
    const random = seededRandom(1);
    let time = 0;
    const times = Array.from({ length: 12 }, () => (time += 252 + Math.round(72 * random())));
    const rateAt = (span: number) => (times.some((from) => span >= from && span < from + 3) ? 800 : 200);
    const watch = new Watch();
    watch.minutes(90, rateAt);
    for (const load of watch.minutes(60, rateAt)) {
      expect(load).toBeGreaterThan(0.98 * 800);
      expect(load).toBeLessThan(1.2 * 800);
    }
  });

  it('is the spike when one is due by the clock, and the usual load in between', () => {
    const watch = new Watch();
    // 15 s of every five minutes, from the middle of a span on.
    const rateAt = (span: number) => [500, 800, 800, 500][(span + 12) % 60] ?? 200;
    watch.minutes(50, rateAt);
    const first = watch.spans.length;
    watch.minutes(25, rateAt);
    const loads = watch.spans.slice(first).map((_, i) => watch.inForce(first + i));
    for (const [i, load] of loads.entries()) expect(load).toBeGreaterThan(0.98 * rateAt(first + i));
    // 20 s of a spike, 9 before it and 5 after it of a minute times five.
    const usual = loads.filter((load) => load < 230).length;
    expect(usual / loads.length).toBeGreaterThan(1 - 40 / 300);
    expect(watch.near.surge).toBeGreaterThanOrEqual(800);
    expect(watch.near.surge).toBeLessThan(900);
  });

  it('goes with the level where peaks were held that were enough for a lower one', () => {
    const random = seededRandom(6);
    // Peaks so often that one is in every few minutes, and then the level of everything rises within two of them.
    const rateAt = (span: number) => {
      const level = 1 + 0.6 * Math.min(1, Math.max(0, (span - 480) / 24));
      return level * (random() < 0.04 ? 1500 : 1000) * (0.9 + 0.2 * random());
    };
    const watch = new Watch();
    const before = watch.minutes(40, rateAt).slice(-20);
    const first = watch.spans.length;
    const loads = watch.minutes(3, rateAt);
    const ratios = loads.map((load, pass) => {
      const from = first + 3 * pass;
      return load / meanOf(watch.spans.slice(from - 9, from + 3));
    });
    expect(Math.min(...ratios)).toBeGreaterThan((0.75 * meanOf(before)) / 1000);
  });

  it('is as much more than the usual load as any spike was, whatever is usual by then', () => {
    const random = seededRandom(1);
    let time = 0;
    const times = Array.from({ length: 24 }, () => (time += 252 + Math.round(72 * random())));
    const isSpike = (span: number) => times.some((from) => span >= from && span < from + 3);
    const rateAt = (span: number) => (span < 1200 ? 300 : 500) + (isSpike(span) ? 1200 : 0);
    const watch = new Watch();
    watch.minutes(95, rateAt);
    for (const load of watch.minutes(25, rateAt).slice(40)) expect(load).toBeGreaterThanOrEqual(500 + 1200);
  });

  it('is enough for spikes by a clock after a silence too', () => {
    for (const silentSpans of [13, 18, 24, 36]) {
      const watch = new Watch();
      const rateAt = (span: number) => (span % 60 < 3 ? 1200 : 500);
      watch.minutes(50, rateAt);
      watch.after(...Array.from({ length: silentSpans + 9 }, (_, i) => (i < 9 ? rateAt(600 + i) : 0)));
      expect(watch.near.changesAt).toBe(Number.POSITIVE_INFINITY);
      expect(watch.near.isBySchedule).toBe(false);
      const from = watch.spans.length;
      watch.after(...Array.from({ length: 300 }, (_, i) => rateAt(from + i)));
      for (let span = from + 3; span < from + 300; span++)
        expect(watch.inForce(span), `${silentSpans} spans, span ${span}`).toBeGreaterThan(
          0.97 * rateAt(span),
        );
      expect(watch.near.surge ?? 0).toBeLessThanOrEqual(1.25 * 1200);
    }
  });

  it('needs no more instances for spikes than a quarter over the largest that came, also after a level shift', () => {
    // Some time after the shift its rates are usual, and a spike that comes then is too.
    for (const shift of [612, 618, 624]) {
      const watch = new Watch();
      const rateAt = (span: number) => (span < shift ? 200 : 470) + (span % 60 < 3 ? 1000 : 0);
      watch.minutes(50, rateAt);
      for (let pass = 0; pass < 60; pass++) {
        watch.after(...[0, 1, 2].map((span) => rateAt(600 + 3 * pass + span)));
        expect(watch.near.surge ?? 0).toBeLessThanOrEqual(1.25 * 1470);
      }
    }
  });

  it('is so with Poisson arrivals too, where spikes come at some points of a grid, or the usual load rises', () => {
    const series = [
      { usual: 200, rise: 0, gaps: [301.7] },
      { usual: 10, rise: 0, gaps: [300] },
      { usual: 100, rise: 0, gaps: [300, 375, 225, 300, 450] },
      { usual: 100, rise: 100 / 720, gaps: [420] },
    ];
    for (const [seed, { usual, rise, gaps }] of series.entries()) {
      let onset = 37;
      const onsets = Array.from({ length: 30 }, (_, i) => (onset += gaps[i % gaps.length]!));
      const share = (span: number) =>
        onsets.reduce(
          (sum, from) => sum + Math.max(0, Math.min(5 * span + 5, from + 20) - Math.max(5 * span, from)),
          0,
        ) / 5;
      const baseAt = (span: number) => usual + rise * span;
      const meanAt = (span: number) => baseAt(span) + 4 * usual * share(span);
      const random = seededRandom(seed);
      const watch = new Watch();
      watch.minutes(60, (span) => poisson(5 * meanAt(span), random) / 5);
      const first = watch.spans.length;
      watch.minutes(25, (span) => poisson(5 * meanAt(span), random) / 5);
      let [usualSpans, low] = [0, 0];
      for (let span = first; span < watch.spans.length; span++) {
        const load = watch.inForce(span);
        if (share(span) > 0.9) expect(load).toBeGreaterThan(0.95 * 5 * usual);
        if (Math.max(share(span - 1), share(span)) > 0) continue;
        usualSpans += 1;
        if (load < 1.6 * baseAt(span)) low += 1;
      }
      expect(low / usualSpans).toBeGreaterThan(0.8);
      expect(watch.near.surge).toBeGreaterThan(4.5 * usual);
    }
  }, 20_000);

  it('is the usual load all the time some time after spikes have stopped', () => {
    const watch = new Watch();
    watch.minutes(60, (span) => (span % 60 < 3 ? 800 : 200));
    watch.minutes(75, () => 200);
    for (const load of watch.minutes(20, () => 200)) expect(load).toBeLessThan(1.1 * 200);
    expect(watch.near.surge).toBeUndefined();
  });

  it('is the peak all the time again, for an hour, when work piled up at a spike that was foreseen', () => {
    const watch = new Watch();
    const rateAt = (span: number) => (span % 60 < 3 ? 800 : 200);
    watch.minutes(50, rateAt);
    expect(watch.near.surge).toBeGreaterThan(0);
    watch.isPilingUp = true;
    expect(watch.near.changesAt).toBeLessThan(Number.POSITIVE_INFINITY);
    watch.after(...[0, 1, 2].map(rateAt));
    // What is answered says nothing of when spikes are over.
    expect(watch.near.changesAt).toBe(Number.POSITIVE_INFINITY);
    watch.isPilingUp = false;
    for (const load of watch.minutes(55, (span) => rateAt(span - 3)))
      expect(load).toBeGreaterThan(0.98 * 800);
    expect(watch.near.surge).toBeUndefined();
    watch.minutes(10, (span) => rateAt(span - 3));
    expect(watch.near.surge).toBeGreaterThan(0);
  });

  it('is more than usual between spikes once one came off the schedule', () => {
    const watch = new Watch();
    const rateAt = (span: number) => (span % 60 < 3 || (span >= 627 && span < 630) ? 800 : 200);
    watch.minutes(50, rateAt);
    expect(Math.min(...watch.minutes(2, rateAt))).toBeLessThan(230);
    watch.minutes(3, rateAt);
    for (const load of watch.minutes(10, rateAt)) expect(load).toBeGreaterThan(1.5 * 200);
  });

  it('is no more than a quarter over the largest that came, whatever was needed', () => {
    const watch = new Watch();
    watch.minutes(30, steady);
    const after = watch.minutes(20, () => 400).slice(2);
    for (const load of after) expect(load).toBeLessThanOrEqual(1.25 * 400 + 1e-9);
  });

  it('pays less and less for one shock, and nothing after an hour', () => {
    const watch = new Watch();
    watch.minutes(30, steady);
    watch.after(...Array.from({ length: 6 }, () => 500));
    const tenMinutes = [...Array(6)].map(() => Math.max(...watch.minutes(10, steady).slice(20)));
    for (const [later, most] of tenMinutes.slice(1).entries())
      expect(most).toBeLessThanOrEqual(tenMinutes[later]!);
    expect(tenMinutes.at(-1)!).toBeLessThan(0.6 * tenMinutes[0]!);
    for (const load of watch.minutes(20, steady).slice(12)) {
      expect(load).toBeGreaterThan(98);
      expect(load).toBeLessThan(105);
    }
  });

  it('keeps the load while a chain that carried some falls silent, and learns nothing from that', () => {
    const random = seededRandom(11);
    const watch = new Watch();
    const noisy = () => 90 + 20 * random();
    const before = watch.minutes(15, noisy).at(-1)!;
    for (const load of watch.minutes(25, () => 0)) expect(load).toBeGreaterThanOrEqual(before);
    // Neither the silence nor its end is something that a forecast has missed.
    const after = watch.minutes(20, noisy).slice(12);
    for (const load of after) {
      expect(load).toBeGreaterThan(90);
      expect(load).toBeLessThan(1.2 * before);
    }
  });

  it('plans after a silence, once that is over, as if there had been none', () => {
    const mean = (silentMinutes: number) => {
      const random = seededRandom(17);
      const noisy = () => 2000 * (0.7 + 0.6 * random());
      const watch = new Watch();
      watch.minutes(20, noisy);
      watch.minutes(silentMinutes, () => 0);
      watch.minutes(21, noisy);
      return meanOf(watch.minutes(10, noisy));
    };
    // Of other minutes.
    expect(Math.abs(Math.log(mean(2) / mean(0)))).toBeLessThan(0.05);
  });

  it('keeps the load from before a silence that began within a quarter of a minute', () => {
    const watch = new Watch();
    const [load] = watch.minutes(15, steady).slice(-1);
    // Two thirds of it are silent already.
    watch.after(100, 0, 0);
    for (const silent of watch.minutes(10, () => 0)) expect(silent).toBeGreaterThanOrEqual(load!);
  });

  it('does not come down at once after a silence, while the last minute has a hole', () => {
    const watch = new Watch();
    watch.minutes(15, steady);
    const silent = watch.after(0, 0, 0, 0, 0, 0).at(-1)!;
    const after = watch.minutes(3, () => 40);
    for (const load of after.slice(0, 4)) expect(load).toBe(silent);
    for (const load of after.slice(5)) expect(load).toBeLessThan(60);
  });

  it('takes no request in a quarter of a minute for a rate where hardly any comes', () => {
    const watch = new Watch();
    watch.minutes(1, () => 0.2);
    const loads = watch.minutes(2, () => 0);
    expect(loads.at(-1)).toBeLessThan(0.1);
  });

  it('learns nothing from a hole: neither that there was little, nor that much came after it', () => {
    const whole = new Watch();
    const holed = new Watch();
    for (const watch of [whole, holed]) watch.minutes(20, steady);
    whole.minutes(2, steady);
    holed.minutes(2, () => Number.NaN);
    for (const watch of [whole, holed]) watch.minutes(10, steady);
    const [expected] = whole.minutes(1, steady).slice(-1);
    expect(holed.minutes(1, steady).at(-1)! / expected!).toBeCloseTo(1, 2);
  });

  it('goes on when the clock is set, back or forth', () => {
    for (const seconds of [-7200, -20, 600]) {
      const watch = new Watch(CURVE, 1_800_000_000);
      watch.minutes(30, steady);
      watch.jump(seconds);
      for (const load of watch.minutes(20, steady)) {
        expect(load).toBeGreaterThan(95);
        expect(load).toBeLessThan(135);
      }
      // It learns on: a ramp is followed.
      const rising = watch.minutes(20, (span) => 100 + (span - 600));
      expect(rising.at(-1)).toBeGreaterThan(320);
      expect(rising.at(-1)).toBeLessThan(420);
    }
  });
});
