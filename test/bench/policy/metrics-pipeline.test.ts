import { describe, expect, it } from 'vitest';
import { KEPT_SECONDS, MetricsPipeline } from '../../../bench/policy/metrics-pipeline.ts';
import { countBetween } from '../../../bench/simulator/latency-histogram.ts';
import { FakeSystem } from './fake-system.ts';

const TIMING = { scrapeInterval: 15, scrapeDelay: 2 };

/** Goes on to that time, with one visit before each scrape. */
function goOn(system: FakeSystem, pipeline: MetricsPipeline, untilSeconds: number, out = false): void {
  while (pipeline.nextScrapeSeconds <= untilSeconds) {
    system.advanceTo(pipeline.nextScrapeSeconds);
    system.visit(0.01);
    pipeline.scrape(out);
  }
  system.advanceTo(untilSeconds);
}

describe('the metrics pipeline', () => {
  it('shows a scrape only after its delay', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    goOn(system, pipeline, 0);
    expect(pipeline.latest()).toBeUndefined();
    goOn(system, pipeline, 2);
    expect(pipeline.latest()?.atSeconds).toBe(0);
    goOn(system, pipeline, 16.9);
    expect(pipeline.latest()?.atSeconds).toBe(0);
    goOn(system, pipeline, 17);
    expect(pipeline.latest()?.atSeconds).toBe(15);
  });

  it('finds the newest scrape that was taken at or before a time, and none that cannot be known yet', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    goOn(system, pipeline, 61);
    expect(pipeline.at(44)?.atSeconds).toBe(30);
    expect(pipeline.at(45)?.atSeconds).toBe(45);
    expect(pipeline.at(60)?.atSeconds).toBe(45);
    expect(pipeline.at(-1)).toBeUndefined();
  });

  it('keeps what was when the system goes on', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    goOn(system, pipeline, 47);
    const [older, newer] = [pipeline.at(15)!, pipeline.at(45)!];
    expect(newer.services[0]!.visits[0]! - older.services[0]!.visits[0]!).toBe(2);
    const histograms = [older, newer].map(({ services }) => services[0]!.selfLatency[0]!);
    expect(countBetween(histograms[0], histograms[1]!)).toBe(2);
    expect(countBetween(undefined, newer.chains[0]!.latency)).toBe(4);
  });

  it('copies a histogram only when something came into it', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    for (const at of [0, 15, 30]) {
      system.advanceTo(at);
      if (at === 30) system.visit(1);
      pipeline.scrape(false);
    }
    system.advanceTo(32);
    const [first, second, third] = [0, 15, 30].map((at) => pipeline.at(at)!.services[0]!.totalLatency[0]!);
    expect(second).toBe(first);
    expect(third).not.toBe(second);
  });

  it('has nothing new while it is out, and goes on afterwards', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    goOn(system, pipeline, 60);
    goOn(system, pipeline, 180, true);
    expect(pipeline.latest()?.atSeconds).toBe(60);
    goOn(system, pipeline, 197);
    expect(pipeline.latest()?.atSeconds).toBe(195);
    expect(pipeline.at(194)?.atSeconds).toBe(60);
  });

  it('forgets what is older than policies look back', () => {
    const system = new FakeSystem();
    const pipeline = new MetricsPipeline(system, TIMING);
    goOn(system, pipeline, 2 * KEPT_SECONDS);
    expect(pipeline.at(KEPT_SECONDS)?.atSeconds).toBe(KEPT_SECONDS);
    expect(pipeline.at(KEPT_SECONDS - 1)).toBeUndefined();
  });
});
