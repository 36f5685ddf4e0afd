import { describe, expect, it } from 'vitest';
import type { RecordedRun, Totals } from '../../../bench/policy/recorded-run.ts';
import { RequestLog } from '../../../bench/policy/request-log.ts';
import { type JudgedCell, scoresOf } from '../../../bench/policy/scores.ts';
import { seriesOf } from '../../../bench/policy/series.ts';
import { lineOf } from './fake-system.ts';

const NO_TOTALS: Totals = {
  atSeconds: 0,
  coreSeconds: 0,
  mebibyteSeconds: 0,
  usedCoreSeconds: 0,
  changes: 0,
  shrinks: 0,
  restarts: 0,
};

/** Chains `a` and `b` with an SLO of 0.1 s, 300 s long, scored from 60 s on. */
class HandMade {
  readonly log = new RequestLog(2);
  readonly #arrivals: { readonly at: number; readonly chain: number }[] = [];
  shockSeconds: number | undefined;
  outages: readonly { fromSeconds: number; toSeconds: number }[] = [];

  /** So many requests that end one after the other from that time on, one each 0.1 s. */
  ended(chain: number, fromSeconds: number, count: number, latency: number, failed = false): this {
    for (let i = 0; i < count; i++) {
      const end = fromSeconds + 0.1 * i;
      this.unanswered(chain, end - latency);
      this.log.onRequest(chain, latency, failed, end);
    }
    return this;
  }

  unanswered(chain: number, at: number): this {
    this.#arrivals.push({ at, chain });
    return this;
  }

  scores(totals: readonly Totals[] = [0, 60, 300].map((atSeconds) => ({ ...NO_TOTALS, atSeconds }))) {
    return scoresOf(this.run(totals), this.cell(), 60);
  }

  run(totals: readonly Totals[]): RecordedRun {
    return { parameters: {}, log: this.log, totals, wallSeconds: 0 };
  }

  cell(): JudgedCell {
    const sorted = [...this.#arrivals].sort((one, other) => one.at - other.at);
    return {
      chains: lineOf('a', 'b').chains,
      arrivals: {
        timesSeconds: Float64Array.from(sorted, ({ at }) => at),
        chains: Uint16Array.from(sorted, ({ chain }) => chain),
      },
      durationSeconds: 300,
      shockSeconds: this.shockSeconds,
      outages: this.outages,
    };
  }
}

describe('violating windows', () => {
  it('are those of all chains whose p95 is over the SLO, of those that end in the scored part', () => {
    const made = new HandMade()
      .ended(0, 10, 40, 1) // before the scored part
      .ended(0, 70, 40, 0.05)
      .ended(0, 130, 40, 0.2)
      .ended(1, 130, 40, 0.05)
      .ended(1, 190, 40, 0.05);
    expect(made.scores().violating_windows_ratio).toBe(1 / 4);
    expect(made.scores().whole_run.violating_windows_ratio).toBe(2 / 5);
  });

  it('are judged at 20 requests or more', () => {
    expect(new HandMade().ended(0, 70, 19, 1).scores().violating_windows_ratio).toBe(0);
    expect(new HandMade().ended(0, 70, 20, 1).scores().violating_windows_ratio).toBe(1);
  });

  it('leave room for one slow request in twenty', () => {
    const one = new HandMade().ended(0, 70, 38, 0.05).ended(0, 80, 2, 9);
    const more = new HandMade().ended(0, 70, 37, 0.05).ended(0, 80, 3, 9);
    expect(one.scores().violating_windows_ratio).toBe(0);
    expect(more.scores().violating_windows_ratio).toBe(1);
  });

  it('are also those in which nothing gets through, unlike quiet ones', () => {
    const made = new HandMade().ended(0, 70, 20, 0.05);
    for (let i = 0; i < 20; i++) made.unanswered(0, 125 + i);
    // Of the windows from 60, 120, 180 and 240 on the last three end with 20 that wait.
    expect(made.scores().violating_windows_ratio).toBe(3 / 4);
    const quiet = new HandMade().ended(0, 70, 20, 0.05);
    for (let i = 0; i < 19; i++) quiet.unanswered(0, 125 + i);
    expect(quiet.scores().violating_windows_ratio).toBe(0);
  });

  it('take a failed request for an endless one', () => {
    const made = new HandMade().ended(0, 70, 30, 0.05).ended(0, 80, 10, 0.001, true);
    expect(made.scores().violating_windows_ratio).toBe(1);
    expect(made.scores().chains['a']).toEqual({ slo: 0.1, p95: null, p99: null });
  });
});

describe('violating requests', () => {
  it('are over the SLO, failed, or unanswered for longer than the SLO', () => {
    const made = new HandMade()
      .ended(0, 70, 6, 0.05)
      .ended(0, 80, 1, 0.2)
      .ended(0, 81, 1, 0.05, true)
      .unanswered(1, 299) // over
      .unanswered(1, 299.99); // not yet
    expect(made.scores().violating_requests_ratio).toBeCloseTo(3 / 9, 12);
  });
});

describe('the other scores', () => {
  it('are what was used in the scored part', () => {
    const scores = new HandMade().ended(0, 70, 100, 0.05).scores([
      NO_TOTALS,
      {
        atSeconds: 60,
        coreSeconds: 600,
        mebibyteSeconds: 6e4,
        usedCoreSeconds: 60,
        changes: 2,
        shrinks: 0,
        restarts: 1,
      },
      {
        atSeconds: 300,
        coreSeconds: 4200,
        mebibyteSeconds: 6e4 + 1024 * 3600,
        usedCoreSeconds: 960,
        changes: 5,
        shrinks: 0,
        restarts: 1,
      },
    ]);
    expect(scores).toMatchObject({
      core_hours: 1,
      memory_gib_hours: 1,
      utilization: 0.25,
      changes: 3,
      restarts: 0,
      chains: { a: { slo: 0.1, p95: 0.05, p99: 0.05 }, b: { slo: 0.1, p95: null, p99: null } },
      recovery_seconds: null,
      whole_run: { core_hours: 4200 / 3600 },
    });
  });

  it('call chains that have the same share of their SLO treated alike', () => {
    const fairnessOf = (a: number, b: number) =>
      new HandMade().ended(0, 70, 50, a).ended(1, 70, 50, b).scores().fairness!;
    expect(fairnessOf(0.05, 0.05)).toBeCloseTo(1, 12);
    // SLO / latency of 2 and 4: (2 + 4)² / (2·(4 + 16))
    expect(fairnessOf(0.05, 0.025)).toBeCloseTo(0.9, 12);
  });
});

describe('shrinks during an outage', () => {
  it('are counted only while it lasts, and are none at all without one', () => {
    const made = new HandMade().ended(0, 70, 40, 0.05);
    const totals = [0, 1, 2, 3, 4, 5].map((i) => ({ ...NO_TOTALS, atSeconds: 60 * i, shrinks: 2 ** i }));
    expect(made.scores(totals).shrinks_in_outage).toBeNull();
    made.outages = [{ fromSeconds: 120, toSeconds: 240 }];
    expect(made.scores(totals).shrinks_in_outage).toBe(16 - 4);
  });
});

describe('recovery', () => {
  it('lasts from the shock until the first of three windows in a row without a violation', () => {
    const made = new HandMade();
    made.shockSeconds = 100;
    // Violated in the windows from 100, 110 and 140 on, not in 120 and 130, nor from 150 on.
    [1, 1, 0.01, 0.01, 1, 0.01, 0.01, 0.01, 0.01].forEach((latency, i) => {
      made.ended(0, 100 + 10 * i, 30, latency);
    });
    expect(made.scores().recovery_seconds).toBe(50);
  });

  it('is 0 when the shock is not felt, and the rest of the run when it never comes', () => {
    const calm = new HandMade();
    const lost = new HandMade();
    for (const made of [calm, lost]) made.shockSeconds = 200;
    for (let at = 200; at < 300; at += 10) {
      calm.ended(0, at, 30, 0.01);
      lost.ended(0, at, 30, 1);
    }
    expect(calm.scores().recovery_seconds).toBe(0);
    expect(lost.scores().recovery_seconds).toBe(100);
  });
});

describe('the series', () => {
  it('tell load, cores and the worst chain by the minute', () => {
    const made = new HandMade().ended(0, 60.5, 40, 0.05).ended(1, 70, 40, 0.15).ended(0, 130, 10, 9);
    const minutes = [0, 1, 2, 3, 4, 5];
    const run = made.run(minutes.map((i) => ({ ...NO_TOTALS, atSeconds: 60 * i, coreSeconds: 120 * i * i })));
    const series = seriesOf(run, made.cell());
    expect(series.allocated_cores).toEqual([2, 6, 10, 14, 18]);
    expect(series.worst_p95_over_slo).toEqual([null, expect.closeTo(1.5, 9), null, null, null]);
    expect(series.requests_per_second).toEqual(
      [0, 80 / 60, 10 / 60, 0, 0].map((rate) => expect.closeTo(rate, 9)),
    );
  });
});
