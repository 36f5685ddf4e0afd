import { describe, expect, it } from 'vitest';
import { type SoakSample, soakSample, soakSummary } from '../../bench/soak/soak-samples.ts';

const METRICS = `# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 104857600
nodejs_heap_size_used_bytes 52428800 1700000000000
nodejs_eventloop_lag_p99_seconds 0.0125
dta_slo_predictor_training 1
dta_slo_series{kind="x"} 3
`;

describe('the soak', () => {
  it('reads what the daemon says of itself', () => {
    expect(soakSample(METRICS, 2)).toEqual({
      minutes: 2,
      rssMebibytes: 100,
      heapMebibytes: 50,
      eventLoopDelayP99Ms: 12.5,
      training: true,
      lastTrainingSeconds: 0,
    });
  });

  it('does not take a missing figure for a zero', () => {
    expect(soakSample('', 0).rssMebibytes).toBeNaN();
  });

  const sample = (minutes: number, rss: number, delay = 1, lastTrainingSeconds = 0): SoakSample => ({
    minutes,
    rssMebibytes: rss,
    heapMebibytes: 10,
    eventLoopDelayP99Ms: delay,
    training: false,
    lastTrainingSeconds,
  });

  it('gives the growth after the first third, which is warm-up', () => {
    const samples = Array.from({ length: 30 }, (_, i) => sample(i, i < 10 ? 50 + 10 * i : 150 + 0.5 * i));
    expect(soakSummary(samples)).toMatchObject({
      rssSlope: expect.closeTo(0.5, 9),
      heapSlope: 0,
      trained: false,
    });
  });

  it('notices a training that began and ended between two samples, and what it did to the event loop', () => {
    const summary = soakSummary([sample(0, 50), sample(1, 50, 40, 1000), sample(2, 50, 90, 1000)]);
    expect(summary).toMatchObject({
      trained: true,
      highestWhileTrainingMs: 40,
      highestEventLoopDelayP99Ms: 90,
    });
  });
});
