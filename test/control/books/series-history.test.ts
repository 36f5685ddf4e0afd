import { describe, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { SeriesHistory } from '../../../src/control/books/series-history.ts';
import { FakeClock, NOW } from '../fixtures.ts';

const START = Math.ceil(NOW / 60) * 60;

function setUp(retentionSeconds = 7200) {
  const clock = new FakeClock(START);
  const monitor = new TrafficMonitor({ clock });
  const options = { stepSeconds: 60, chains: ['c'], monitorSteps: 60, retentionSeconds };
  return { clock, monitor, history: new SeriesHistory(options), options };
}

describe('the history of series', () => {
  it('takes each closed step once and hands it out to be stored', () => {
    const { clock, monitor, history } = setUp();
    monitor.recordRequest('s', 'c', 0.1, false, START, 120);
    clock.advance(60);
    monitor.recordRequest('s', 'c', 0.1, false, START + 60, 60);
    expect(history.advance(monitor, START + 65)).toEqual([
      expect.objectContaining({ chain: 'c', startSeconds: START, rate: 2, errorRatio: 0 }),
    ]);
    expect(history.advance(monitor, START + 70)).toEqual([]);
    clock.advance(60);
    expect(history.advance(monitor, START + 125)).toHaveLength(1);
    expect([...history.series()[0]!.rates]).toEqual([2, 1]);
  });

  it('reads a stretch in which nothing was seen as a gap and not as zero', () => {
    const { history } = setUp();
    const row = { chain: 'c', latency: 0.1, errorRatio: 0 };
    history.restore([
      { ...row, startSeconds: START, rate: 1 },
      { ...row, startSeconds: START + 180, rate: 4 },
    ]);
    const { rates, startSeconds } = history.series()[0]!;
    expect([...rates]).toEqual([1, Number.NaN, Number.NaN, 4]);
    expect(startSeconds).toBe(START);
  });

  it('keeps no more than the retention', () => {
    const { history } = setUp(3600);
    history.restore(
      Array.from({ length: 100 }, (_, step) => ({
        chain: 'c',
        startSeconds: START + 60 * step,
        rate: step,
        latency: 0.1,
        errorRatio: 0,
      })),
    );
    const { rates } = history.series()[0]!;
    expect([...rates]).toEqual(Array.from({ length: 60 }, (_, index) => index + 40));
  });

  it('goes on when the clock was set back', () => {
    const { clock, monitor, history } = setUp();
    history.restore([{ chain: 'c', startSeconds: START + 3600, rate: 9, latency: 0.1, errorRatio: 0 }]);
    monitor.recordRequest('s', 'c', 0.1, false, START, 60);
    clock.advance(60);
    history.advance(monitor, START + 65);
    clock.advance(60);
    monitor.recordRequest('s', 'c', 0.1, false, START + 60, 60);
    expect(history.advance(monitor, START + 125).map(({ rate }) => rate)).toEqual([1]);
  });

  it('forgets chains that are gone and starts with those that came', () => {
    const { history } = setUp();
    history.reconfigure(['d']);
    expect(history.series().map(({ chain }) => chain)).toEqual(['d']);
  });
});
