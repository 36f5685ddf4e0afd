import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../../../bench/policy/dta-slo/settings.ts';
import type { KnownApplication, KnownCall } from '../../../../bench/policy/policy.ts';
import { type Branch, visitsByService } from '../../../../src/models/data-models.ts';

const call = (service: number, ...stages: KnownCall[][]): KnownCall => ({ service, stages });
const BOUNDS = { minCpu: 0.1, maxCpu: 4, minMemory: 128, maxMemory: 8192, minInstances: 1, maxInstances: 10 };

function applicationOf(...roots: KnownCall[]): KnownApplication {
  return {
    name: 'tree',
    services: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, ...BOUNDS })),
    chains: roots.map((root, index) => ({ name: `chain-${index}`, root, sloSeconds: 0.3 })),
  };
}

/** What the settings make of the tree: services by name, a stage in brackets, its branches apart by bars, visits that stand there again with a prime. */
function shown(root: KnownCall): string {
  const { topology } = settingsOf(applicationOf(root), { mode: 'rolling', folder: 'nowhere' });
  const { stages } = topology.chains.get('chain-0')!;
  const branch = (visits: Branch) =>
    visits.map(({ service, again }) => service + (again === true ? "'" : '')).join(' ');
  return stages.map((stage) => `[${stage.map(branch).join(' | ')}]`).join(' ');
}

describe('settings of a known application', () => {
  it('makes stages of calls in sequence and branches of calls in parallel', () => {
    expect(shown(call(0, [call(1, [call(2)]), call(3)], [call(4)]))).toBe('[a] [b c | d] [e]');
  });

  it('has the bounds, the SLO and the way of writing of a service, and all else by default or as it is said', () => {
    const root = call(0, [call(1, [call(2)]), call(3)], [call(4)]);
    const settings = settingsOf(applicationOf(root), {
      mode: 'rolling',
      folder: '/somewhere',
      sections: { allocation: { slo_margin: 0.2 } },
    });
    expect(settings.topology.services.get('a')).toMatchObject({ ...BOUNDS, mode: 'rolling' });
    expect(settings.topology.chains.get('chain-0')!.slo).toMatchObject({
      latencySeconds: 0.3,
      percentile: 0.95,
    });
    expect(settings.store.path).toBe('/somewhere');
    expect(settings.control.interval).toBe(300);
    expect(settings.allocation.sloMargin).toBe(0.2);
  });

  it('goes through calls in parallel inside of calls in parallel by every way', () => {
    const root = call(0, [call(1, [call(2), call(3)], [call(4)]), call(3)]);
    expect(shown(root)).toBe("[a] [b c e | b' d e' | d]");
  });

  it('counts every visit of the tree once, also where calls in parallel call in parallel', () => {
    const root = call(
      0,
      [call(1, [call(2), call(3, [call(2)])], [call(4)]), call(1, [call(2)])],
      [call(4, [call(2)], [call(2)])],
    );
    const { topology } = settingsOf(applicationOf(root), { mode: 'rolling', folder: 'nowhere' });
    const visits = visitsByService(topology.chains.get('chain-0')!);
    expect(Object.fromEntries(visits)).toEqual({ a: 1, b: 2, c: 5, d: 1, e: 2 });
  });
});
