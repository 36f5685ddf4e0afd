import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../../bench/policy/baselines/firm/critical-path.ts';
import { firm } from '../../../../../bench/policy/baselines/firm/firm.ts';
import { lineChain, ScriptedCluster } from '../../scripted-context.ts';

describe('the critical path', () => {
  it('takes the slowest of the calls in parallel and all stages in sequence', () => {
    const leaf = (service: number) => ({ service, stages: [] });
    const root = { service: 0, stages: [[{ service: 1, stages: [[leaf(2)]] }, leaf(3)], [leaf(4)]] };
    const seconds = [1, 0.2, 0.1, 0.5, 0.1];
    expect(criticalPath(root, (service) => seconds[service]!)).toEqual([0, 3, 4]);
    seconds[3] = 0.15;
    expect(criticalPath(root, (service) => seconds[service]!)).toEqual([0, 1, 2, 4]);
  });
});

describe('the FIRM-like policy', () => {
  /** Two services of 2 cores in a line with a SLO of 0.2 s; the second one has the long tail. */
  function decide(endToEndSeconds: number) {
    const cluster = new ScriptedCluster({ services: [{}, {}], chains: [lineChain([0, 1], 0.2)] });
    for (const service of [0, 1]) cluster.service(service).resize(2, 512);
    cluster.scrape(0);
    cluster.answer(0, endToEndSeconds, 100);
    cluster.service(0).visit(0, 0.02, 100);
    cluster.service(1).visit(0, 0.01, 90);
    cluster.service(1).visit(0, 0.15, 10);
    for (const service of [0, 1]) cluster.service(service).burn(30);
    cluster.scrape(30);
    firm.create(cluster.context, { growth: 1.3, shrink: 0.9 }).step(30);
    return [0, 1].map((service) => cluster.context.actuator.allocation(service).cpu);
  }

  it('gives the congested service on the critical path more when the chain nears its SLO', () => {
    expect(decide(0.19)).toEqual([2, 2.6]);
  });

  it('takes a little from all while all is well', () => {
    expect(decide(0.05)).toEqual([1.8, 1.8]);
  });

  it('changes nothing in between', () => {
    expect(decide(0.14)).toEqual([2, 2]);
  });
});
