import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CapacityBook, SMALL_CHANGE } from '../../../src/control/books/capacity-book.ts';
import type { CapacityInForce, ServiceMode, Topology } from '../../../src/models/data-models.ts';
import { allocation, settingsWith } from '../fixtures.ts';

const SERVICE = 'auth-service';

function topologyIn(mode: ServiceMode): Topology {
  const { topology } = settingsWith();
  const services = new Map([...topology.services].map(([id, spec]) => [id, { ...spec, mode }]));
  return { ...topology, services };
}

const since = (
  sinceSeconds: number,
  cpu: number,
  changes: Partial<CapacityInForce> = {},
): CapacityInForce => ({
  ...allocation(cpu),
  source: 'applied',
  sinceSeconds,
  ...changes,
});

/** A service in place that has run with 2 cores from 100 s on. */
function bookInPlace(...changes: readonly CapacityInForce[]): CapacityBook {
  const book = new CapacityBook(topologyIn('in-place'));
  for (const capacity of [since(100, 2), ...changes]) book.note(SERVICE, capacity);
  return book;
}

describe('the capacity of a service that is resized in place by little', () => {
  it('is over a window the mean of what it was in it, by time', () => {
    const book = bookInPlace(since(160, 2.2), since(190, 1.9));
    expect(book.throughout(SERVICE, 130, 190)).toMatchObject({ cpu: 2.1, instances: 1 });
    expect(book.throughout(SERVICE, 130, 220)!.cpu).toBeCloseTo((30 * 2 + 30 * 2.2 + 30 * 1.9) / 90, 12);
    expect(book.throughout(SERVICE, 100, 160)).toMatchObject({ cpu: 2 });
    expect(book.inForce(SERVICE)).toMatchObject({ cpu: 1.9 });
  });

  it('has a mean of limits of its own, and the memory that it had at first', () => {
    const book = new CapacityBook(topologyIn('in-place'));
    book.note(SERVICE, since(100, 2, { cpuLimit: 3, memory: 512 }));
    book.note(SERVICE, since(130, 2.2, { cpuLimit: 3.3, memory: 600 }));
    const mean = book.throughout(SERVICE, 100, 160)!;
    expect(mean.cpu).toBeCloseTo(2.1, 12);
    expect(mean.cpuLimit).toBeCloseTo(3.15, 12);
    expect(mean.memory).toBe(512);
  });

  it('lies between the least and the largest of them, whatever they were', () => {
    const cpus = fc.array(fc.double({ min: 1.85, max: 2.15, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cpus, (sizes) => {
        const book = bookInPlace(...sizes.map((cpu, index) => since(110 + 10 * index, cpu)));
        const { cpu } = book.throughout(SERVICE, 100, 200)!;
        return cpu >= Math.min(2, ...sizes) - 1e-9 && cpu <= Math.max(2, ...sizes) + 1e-9;
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('is not one where it changed by much, or in its instances, even where it changed back', () => {
    const grown = 2 * SMALL_CHANGE * 1.01;
    expect(bookInPlace(since(130, grown)).throughout(SERVICE, 100, 160)).toBeUndefined();
    expect(bookInPlace(since(130, 4), since(140, 2.1)).throughout(SERVICE, 100, 160)).toBeUndefined();
    const split = since(130, 2, { instances: 2 });
    expect(bookInPlace(split).throughout(SERVICE, 100, 160)).toBeUndefined();
    expect(bookInPlace(split, since(145, 2)).throughout(SERVICE, 100, 160)).toBeUndefined();
  });

  it('goes by the limit where there is one: that is what latency was measured with', () => {
    const book = new CapacityBook(topologyIn('in-place'));
    book.note(SERVICE, since(100, 2, { cpuLimit: 3 }));
    book.note(SERVICE, since(130, 2, { cpuLimit: 5 }));
    expect(book.throughout(SERVICE, 100, 160)).toBeUndefined();
  });

  it('has not changed, unless many small changes have added up to a large one', () => {
    expect(bookInPlace(since(160, 2.2), since(190, 1.9)).changedSeconds(SERVICE)).toBe(100);
    expect(bookInPlace(since(160, 3)).changedSeconds(SERVICE)).toBe(160);
    const climbing = [2.2, 2.4, 2.6, 2.8].map((cpu, index) => since(160 + 15 * index, cpu));
    // 2.8 is less than a fifth above 2.4, which holds since 175, and more above 2.2.
    expect(bookInPlace(...climbing).changedSeconds(SERVICE)).toBe(175);
  });

  it('is in doubt after a large change that the cluster tells of, and not after a small one', () => {
    const seen = (cpu: number) => {
      const book = new CapacityBook(topologyIn('in-place'));
      for (const capacity of [since(100, 2, { source: 'cluster' }), since(115, cpu, { source: 'cluster' })]) {
        book.see(SERVICE, capacity);
        book.note(SERVICE, capacity);
      }
      return book.throughout(SERVICE, 105, 150);
    };
    expect(seen(2.1)!.cpu).toBeGreaterThan(2);
    expect(seen(3)).toBeUndefined();
  });
});

describe.each<ServiceMode>(['recommend', 'rolling'])('the capacity of a service in mode %s', (mode) => {
  it('is not one in a window in which it changed, by however little', () => {
    const book = new CapacityBook(topologyIn(mode));
    book.note(SERVICE, since(100, 2));
    book.note(SERVICE, since(130, 2.01));
    expect(book.throughout(SERVICE, 100, 160)).toBeUndefined();
    expect(book.changedSeconds(SERVICE)).toBe(130);
  });
});
