import { describe, expect, it } from 'vitest';
import { ownTimes } from '../../../src/control/observe/own-times.ts';
import type { ChainSpec, Topology } from '../../../src/models/data-models.ts';
import type { TrafficMetrics } from '../../../src/models/metrics.ts';
import { distributionOf, seriesOf } from '../fixtures.ts';

const slo = { latencySeconds: 1, percentile: 0.95, objective: 0.95, priority: 1 };
const visit = (service: string, visits = 1) => ({ service, visits });

function topologyOf(chain: ChainSpec): Topology {
  return { services: new Map(), chains: new Map([[chain.id, chain]]) };
}

function metricsOf(totals: Record<string, number>): TrafficMetrics {
  const services = Object.entries(totals).map(([service, seconds]) =>
    seriesOf('c', service, { latency: distributionOf(seconds) }),
  );
  return { fromSeconds: 0, toSeconds: 10, services, endToEnd: [] };
}

function ownMeans(chain: ChainSpec, totals: Record<string, number>): Record<string, number> {
  const { services } = ownTimes(metricsOf(totals), topologyOf(chain));
  return Object.fromEntries(
    services.map(({ service, latency }) => [service, Math.round(latency.meanSeconds * 1e6) / 1e6]),
  );
}

describe('own times out of total ones', () => {
  it('takes from each service what the next stage took', () => {
    const chain = { id: 'c', slo, stages: [[[visit('a')]], [[visit('b')]], [[visit('d')]]] };
    expect(ownMeans(chain, { a: 0.1, b: 0.06, d: 0.01 })).toEqual({ a: 0.04, b: 0.05, d: 0.01 });
  });

  it('takes the slowest of parallel calls, and counts calls for each visit of the caller', () => {
    const chain = { id: 'c', slo, stages: [[[visit('a')]], [[visit('b', 2)], [visit('d')]]] };
    expect(ownMeans(chain, { a: 0.1, b: 0.03, d: 0.05 })).toEqual({ a: 0.04, b: 0.03, d: 0.05 });
  });

  it('lets the last single service call what follows parallel branches', () => {
    const chain = { id: 'c', slo, stages: [[[visit('a')]], [[visit('b')], [visit('d')]], [[visit('e')]]] };
    expect(ownMeans(chain, { a: 0.1, b: 0.02, d: 0.03, e: 0.04 })).toMatchObject({ a: 0.03, e: 0.04 });
  });

  it('takes ways that part after a common visit for parallel calls of it', () => {
    const again = { ...visit('b'), again: true } as const;
    const ways = [[visit('b'), visit('d')], [again, visit('e')], [visit('f')]];
    const chain = { id: 'c', slo, stages: [[[visit('a')]], ways] };
    const totals = { a: 0.1, b: 0.06, d: 0.02, e: 0.03, f: 0.01 };
    expect(ownMeans(chain, totals)).toEqual({ ...totals, a: 0.04, b: 0.03 });
  });

  it('never goes below zero when children took longer than their caller', () => {
    const chain = { id: 'c', slo, stages: [[[visit('a')]], [[visit('b')]]] };
    expect(ownMeans(chain, { a: 0.02, b: 0.05 })).toEqual({ a: 0, b: 0.05 });
  });

  it('takes the total of the first service for the end-to-end time, unless there are samples', () => {
    const chain = { id: 'c', slo, stages: [[[visit('a')]], [[visit('b')]]] };
    const metrics = metricsOf({ a: 0.1, b: 0.04 });
    expect(ownTimes(metrics, topologyOf(chain)).endToEnd[0]?.latency.meanSeconds).toBe(0.1);
    const sampled = { ...metrics, endToEnd: [seriesOf('c', undefined)] };
    expect(ownTimes(sampled, topologyOf(chain)).endToEnd).toEqual(sampled.endToEnd);
  });
});
