import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayingHistogram } from '../../../../bench/policy/baselines/vpa/decaying-histogram.ts';
import { type Recommendation, Recommender } from '../../../../bench/policy/baselines/vpa/recommender.ts';
import { evictionBudget, podsToUpdate } from '../../../../bench/policy/baselines/vpa/updater.ts';
import { vpa } from '../../../../bench/policy/baselines/vpa/vpa.ts';
import { ScriptedCluster } from '../scripted-context.ts';

const DAY = 86_400;
/** Buckets end at 0.01, 0.0205, 0.031525, 0.04310125, … cores. */
const CPU = { firstBucket: 0.01, largest: 1000, ratio: 1.05, halfLifeSeconds: DAY };
const KNOWN = new ScriptedCluster().context.application.services[0]!;

function instance(id: number, cpu = 1, workingSet = 0) {
  return { id, cpu, memory: 512, state: 'ready' as const, startedSeconds: 0, cpuSeconds: 0, workingSet };
}

/** A recommender that has seen one instance use that much each minute. */
function recommenderOf(cores: readonly number[], daySeconds = DAY, cpu = 1): Recommender {
  const recommender = new Recommender(KNOWN, { daySeconds, margin: 0.15 });
  cores.forEach((used, minute) => {
    recommender.add({ instance: instance(0, cpu, 200), cores: used, readyThroughout: true }, 60 * minute);
  });
  return recommender;
}

describe('a decaying histogram', () => {
  it('answers with the end of the bucket in which the percentile is', () => {
    const histogram = new DecayingHistogram(CPU);
    for (const value of [0.005, 0.015, 0.025, 0.035]) histogram.add(value, 1, 0);
    const percentiles = [0.1, 0.25, 0.26, 0.75, 1].map((part) => histogram.percentile(part));
    const ends = [0.01, 0.01, 0.0205, 0.031525, 0.04310125];
    expect(percentiles).toEqual(ends.map((end) => expect.closeTo(end, 12)));
  });

  it('is 0 when empty, and again when everything was taken back', () => {
    const histogram = new DecayingHistogram(CPU);
    expect(histogram.percentile(0.9)).toBe(0);
    histogram.add(2, 1, 100);
    histogram.subtract(2, 1, 100);
    expect(histogram.percentile(0.9)).toBe(0);
  });

  it('halves the weight of a sample with each half-life', () => {
    const histogram = new DecayingHistogram(CPU);
    histogram.add(1, 4, 0);
    histogram.add(0.005, 1, 2 * DAY);
    expect(histogram.percentile(0.5)).toBeCloseTo(0.01, 12);
    expect(histogram.percentile(0.51)).toBeGreaterThan(1);
  });

  it('keeps its percentiles over thousands of half-lives', () => {
    const histogram = new DecayingHistogram({ ...CPU, halfLifeSeconds: 1 });
    for (let second = 0; second < 5000; second++) histogram.add(second % 2 === 0 ? 0.005 : 0.015, 1, second);
    expect(histogram.percentile(0.3)).toBeCloseTo(0.01, 12);
    expect(histogram.percentile(0.5)).toBeCloseTo(0.0205, 12);
  });

  it('overestimates no percentile of equal samples by more than a bucket', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 900, noNaN: true }), (value) => {
        const histogram = new DecayingHistogram(CPU);
        histogram.add(value, 1, 0);
        const end = histogram.percentile(0.9);
        expect(end).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(end).toBeLessThanOrEqual(value * 1.05 + 0.01 + 1e-9);
      }),
      { seed: 1 },
    );
  });
});

describe('the recommendation', () => {
  it('is the 90th percentile and 15 % more', () => {
    const cores = Array.from({ length: 100 }, (_, minute) => (minute < 89 ? 0.5 : 1));
    const { target } = recommenderOf(cores).recommend()!;
    // The bucket of 1 core is the 37th: it ends at 0.2 × (1.05^37 − 1) = 1.01628 cores.
    expect(target.cpu).toBeCloseTo(1.15 * 1.01628, 4);
  });

  it('has bounds that come nearer as the history grows: 3 × after half a day, 2 × after one', () => {
    const ratioAfter = (days: number) => {
      const cores = Array.from({ length: days * 1440 + 1 }, () => 0.25);
      const { upper, target } = recommenderOf(cores).recommend()!;
      return upper.cpu / target.cpu;
    };
    expect(ratioAfter(0.5)).toBeCloseTo(3, 6);
    expect(ratioAfter(1)).toBeCloseTo(2, 6);
    expect(ratioAfter(7)).toBeCloseTo(8 / 7, 6);
  });

  it('has a lower bound that is 0.6 of the median after 5 minutes and nearly all of it after an hour', () => {
    const ratioAfter = (minutes: number) => {
      const cores = Array.from({ length: minutes + 1 }, () => 1);
      const { lower, target } = recommenderOf(cores).recommend()!;
      return lower.cpu / target.cpu;
    };
    expect(ratioAfter(5)).toBeCloseTo(0.603, 3);
    expect(ratioAfter(60)).toBeCloseTo(0.954, 3);
  });

  it('weighs samples by the request, so that a larger one makes the past count less', () => {
    const recommender = new Recommender(KNOWN, { daySeconds: DAY, margin: 0.15 });
    const add = (cpu: number, cores: number, minute: number) =>
      recommender.add({ instance: instance(0, cpu), cores, readyThroughout: true }, 60 * minute);
    for (let minute = 0; minute < 90; minute++) add(0.1, 0.1, minute);
    for (let minute = 90; minute < 93; minute++) add(1, 0.8, minute);
    expect(recommender.recommend()!.target.cpu).toBeGreaterThan(0.8);
  });

  it('takes for memory one peak of each instance and day', () => {
    const recommender = new Recommender(KNOWN, { daySeconds: 600, margin: 0 });
    const add = (workingSet: number, seconds: number) =>
      recommender.add({ instance: instance(0, 1, workingSet), cores: 0.1, readyThroughout: true }, seconds);
    for (const [minute, memory] of [300, 2000, 300, 300].entries()) add(memory, 60 * minute);
    const { memory } = recommender.recommend()!.target;
    expect(memory).toBeGreaterThanOrEqual(2000);
    expect(memory).toBeLessThan(2000 * 1.06);
    for (let minute = 10; minute < 60; minute++) add(300, 60 * minute);
    expect(recommender.recommend()!.target.memory).toBeLessThan(330);
  });

  it('is unknown before the first sample and stays within the bounds of the service', () => {
    expect(new Recommender(KNOWN, { daySeconds: DAY, margin: 0.15 }).recommend()).toBeUndefined();
    const { lower, target, upper } = recommenderOf([0.001]).recommend()!;
    expect([lower.cpu, target.cpu, upper.cpu]).toEqual([0.1, 0.1, 4]);
  });
});

describe('the updater', () => {
  const recommendation: Recommendation = {
    lower: { cpu: 0.5, memory: 256 },
    target: { cpu: 1, memory: 512 },
    upper: { cpu: 2, memory: 1024 },
  };
  const pod = (id: number, cpu: number, startedSeconds = 0) => ({ id, cpu, memory: 512, startedSeconds });
  const chosen = (pods: ReturnType<typeof pod>[], now: number) =>
    podsToUpdate(pods, recommendation, now, DAY).map(({ id }) => id);

  it('takes pods out of the bounds at once', () => {
    expect(chosen([pod(0, 0.4), pod(1, 0.5), pod(2, 2), pod(3, 2.1)], 60)).toEqual([0, 3]);
  });

  it('takes pods within the bounds after 12 hours, if they are a tenth away', () => {
    const pods = [pod(0, 1.2), pod(1, 1.05), pod(2, 1.2, 3600)];
    expect(chosen(pods, DAY / 2 - 1)).toEqual([]);
    expect(chosen(pods, DAY / 2)).toEqual([0]);
  });

  it('begins with those that would grow, then those that are furthest away', () => {
    expect(chosen([pod(0, 3), pod(1, 0.8), pod(2, 1.5), pod(3, 0.6)], DAY)).toEqual([3, 1, 0, 2]);
  });

  it('leaves at least half of the replicas running, and evicts a single one only when nothing is missing', () => {
    expect([1, 2, 3, 4, 5].map((replicas) => evictionBudget(replicas, replicas))).toEqual([1, 1, 1, 2, 2]);
    expect([evictionBudget(1, 0), evictionBudget(2, 1), evictionBudget(4, 3), evictionBudget(4, 2)]).toEqual([
      0, 0, 1, 0,
    ]);
  });
});

describe('the VPA policy', () => {
  const run = (parameters: Record<string, number>, cores: number, minutes: number, obedient = true) => {
    const cluster = new ScriptedCluster();
    cluster.obedient = obedient;
    cluster.service(0).setWorkingSet(300);
    const policy = vpa.create(cluster.context, parameters);
    for (let seconds = 0; seconds <= 60 * minutes; seconds += 15) {
      cluster.service(0).burn(15 * cores);
      cluster.scrape(seconds);
      if (seconds % 60 === 0) policy.step(seconds);
    }
    return cluster;
  };

  it('evicts into a template near the use once the bounds allow it', () => {
    const { writes } = run({ daySeconds: 900, inPlace: 0, replicas: 2 }, 0.4, 15);
    expect(writes[0]).toEqual({ kind: 'scale', service: 0, instances: 2 });
    const template = writes.find(({ kind }) => kind === 'setTemplate');
    expect(template).toMatchObject({ cpu: expect.closeTo(0.24, 1), memory: expect.closeTo(370, -2) });
    expect(writes.filter(({ kind }) => kind === 'evict').length).toBeGreaterThanOrEqual(2);
  });

  it('resizes in place instead when that is the mode', () => {
    const cluster = run({ daySeconds: 900, inPlace: 1, replicas: 1 }, 0.4, 15);
    expect(cluster.writes.map(({ kind }) => kind)).not.toContain('evict');
    expect(cluster.service(0).template.cpu).toBeGreaterThan(0.4);
    expect(cluster.service(0).template.cpu).toBeLessThan(0.6);
  });

  it('with a day of 24 hours shrinks nothing within an hour', () => {
    const { writes } = run({ daySeconds: DAY, inPlace: 1, replicas: 1 }, 1, 60);
    expect(writes.filter(({ kind }) => kind === 'resize')).toEqual([]);
  });
});
