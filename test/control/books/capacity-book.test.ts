import { describe, expect, it } from 'vitest';
import { CapacityBook } from '../../../src/control/books/capacity-book.ts';
import type { CapacityInForce } from '../../../src/models/data-models.ts';
import { allocation, FakeClock, settingsWith } from '../fixtures.ts';

const { topology } = settingsWith();
const since = (sinceSeconds: number, cpu: number): CapacityInForce => ({
  ...allocation(cpu),
  source: 'applied',
  sinceSeconds,
});

describe('the book of capacities in force', () => {
  it('starts from the configured capacity and knows no service that is not configured', () => {
    const book = new CapacityBook(topology);
    expect(book.inForce('auth-service')).toMatchObject({
      cpu: 4,
      instances: 1,
      memory: 8192,
      source: 'initial',
    });
    expect(book.inForce('nobody')).toBeUndefined();
    expect(book.changedSeconds('auth-service')).toBe(Number.NEGATIVE_INFINITY);
  });

  it('answers what held throughout a window, and nothing when it changed within', () => {
    const book = new CapacityBook(topology);
    book.note('auth-service', since(100, 2));
    book.note('auth-service', since(200, 1));
    expect(book.throughout('auth-service', 0, 60)).toMatchObject({ source: 'initial', cpu: 4 });
    expect(book.throughout('auth-service', 60, 120)).toBeUndefined();
    expect(book.throughout('auth-service', 120, 180)).toMatchObject({ cpu: 2 });
    expect(book.throughout('auth-service', 100, 200)).toMatchObject({ cpu: 2 });
    expect(book.throughout('auth-service', 180, 240)).toBeUndefined();
    expect(book.throughout('auth-service', 200, 9000)).toMatchObject({ cpu: 1 });
  });

  it('takes a repeated report for no change', () => {
    const book = new CapacityBook(topology);
    expect(book.note('auth-service', since(100, 2))).toBeDefined();
    expect(book.note('auth-service', since(150, 2))).toBeUndefined();
    expect(book.throughout('auth-service', 120, 180)).toMatchObject({ sinceSeconds: 100 });
    expect(book.changedSeconds('auth-service')).toBe(100);
  });

  it('does not take the same allocation from another source for a change of it', () => {
    const book = new CapacityBook(topology);
    book.note('auth-service', since(100, 2));
    book.note('auth-service', { ...since(150, 2), source: 'cluster' });
    expect(book.throughout('auth-service', 120, 180)).toMatchObject({ cpu: 2 });
    expect(book.changedSeconds('auth-service')).toBe(100);
  });

  it('goes on from what was stored', () => {
    const book = new CapacityBook(topology);
    book.restore([{ service: 'auth-service', ...since(100, 2) }]);
    expect(book.inForce('auth-service')).toMatchObject({ cpu: 2, source: 'applied' });
  });

  it('lets what is in force hold from now on when the clock was set back', () => {
    const clock = new FakeClock();
    const book = new CapacityBook(topology);
    book.note('auth-service', since(clock.nowSeconds() - 10, 3));
    book.note('auth-service', since(clock.nowSeconds(), 2));
    clock.jump(-3600);
    const now = clock.nowSeconds();
    book.goBackTo(now);
    expect(book.changedSeconds('auth-service')).toBe(now);
    expect(book.throughout('auth-service', now, now + 60)).toMatchObject({ cpu: 2, sinceSeconds: now });
  });

  it('believes what was told last, also when its time is the earlier one', () => {
    const told = [since(5000, 2), since(1400, 1)];
    const book = new CapacityBook(topology);
    for (const capacity of told) book.note('auth-service', capacity);
    const restored = new CapacityBook(topology);
    restored.restore(told.map((capacity) => ({ service: 'auth-service', ...capacity })));
    for (const each of [book, restored]) {
      expect(each.inForce('auth-service')).toMatchObject({ cpu: 1 });
      expect(each.throughout('auth-service', 1400, 9000)).toMatchObject({ cpu: 1 });
      expect(each.changedSeconds('auth-service')).toBe(1400);
    }
  });

  it('does not know what held before the entries that it keeps', () => {
    const book = new CapacityBook(topology);
    for (let index = 0; index < 70; index += 1) book.note('auth-service', since(30 * index, 1 + (index % 2)));
    expect(book.throughout('auth-service', 61, 62)).toBeUndefined();
    expect(book.throughout('auth-service', 30 * 69, 30 * 70)).toMatchObject({ cpu: 2 });
  });

  it('answers the mean cores of a window, however they changed within', () => {
    const book = new CapacityBook(topology);
    book.note('auth-service', since(100, 2));
    book.note('auth-service', since(130, 1));
    const mean = (from: number, to: number) => book.meanOver('auth-service', from, to);
    expect(mean(0, 60)).toMatchObject({ cpu: 4, memory: 8192, source: 'initial' });
    expect(mean(100, 130)!.cpu).toBe(2);
    // 4 cores for 40 s, 2 for 30 s, 1 for 30 s.
    expect(mean(60, 160)!.cpu).toBeCloseTo(2.5, 12);
    expect(mean(115, 145)!.cpu).toBeCloseTo(1.5, 12);
    expect(mean(200, 260)!.cpu).toBe(1);
  });

  it('answers the mean limit with it, and no mean of what is not known for all of the window', () => {
    const book = new CapacityBook(topology);
    book.voidInitial('auth-service');
    book.note('auth-service', { ...since(100, 2), cpuLimit: 4 });
    book.note('auth-service', since(130, 1));
    expect(book.meanOver('auth-service', 90, 150)).toBeUndefined();
    expect(book.meanOver('nobody', 90, 150)).toBeUndefined();
    // Without a limit of its own the request is one.
    expect(book.meanOver('auth-service', 100, 160)).toMatchObject({ cpu: 1.5, cpuLimit: 2.5 });
  });

  it('answers the mean cores of all instances as those of the first number of them', () => {
    const book = new CapacityBook(topology);
    book.note('auth-service', { ...since(100, 2), instances: 2 });
    book.note('auth-service', { ...since(130, 1), instances: 6 });
    // 4 cores for 30 s and 6 for 30 s.
    expect(book.meanOver('auth-service', 100, 160)).toMatchObject({ cpu: 2.5, instances: 2 });
  });
});
