import { describe, expect, it } from 'vitest';
import { UsageBook } from '../../../src/control/books/usage-book.ts';
import { NOW } from '../fixtures.ts';

const told = (atSeconds: number, use: { cpu?: number; memory?: number }) => ({
  service: 'web',
  atSeconds,
  ...use,
});

describe('the book of measured use', () => {
  it('answers the mean CPU use of a window, each measurement counted once', () => {
    const book = new UsageBook();
    for (const [second, cpu] of [
      [0, 1],
      [1, 2],
      [30, 6],
      [60, 100],
    ] as const)
      book.note(told(NOW + second, { cpu }));
    expect(book.meanCpu('web', NOW, NOW + 60)).toBe(3);
    expect(book.meanCpu('web', NOW - 60, NOW)).toBeUndefined();
  });

  it('answers the mean share of throttled periods of a window', () => {
    const book = new UsageBook();
    for (const [second, throttledRatio] of [
      [0, 0.1],
      [20, 0.3],
      [70, 0.9],
    ] as const)
      book.note({ service: 'web', atSeconds: NOW + second, throttledRatio });
    expect(book.meanThrottled('web', NOW, NOW + 60)).toBeCloseTo(0.2, 12);
    expect(book.meanThrottled('web', NOW - 60, NOW)).toBeUndefined();
    expect(book.meanCpu('web', NOW, NOW + 60)).toBeUndefined();
  });

  it('reaches back two hours, however often it is told', () => {
    const book = new UsageBook();
    for (let second = 0; second <= 3 * 3600; second += 1) book.note(told(NOW + second, { memory: 100 }));
    const kept = book.workingSet('web', NOW, NOW + 3 * 3600);
    expect(kept?.spanSeconds).toBe(479 * 15);
  });

  it('takes the largest memory of what was told at the same time', () => {
    const book = new UsageBook();
    for (const memory of [100, 300, 200]) book.note(told(NOW, { memory }));
    expect(book.workingSet('web', NOW - 60, NOW)).toMatchObject({ percentile95: 300, spanSeconds: 0 });
    expect(book.latest('web')).toMatchObject({ memory: 200 });
  });

  it('knows no time that is yet to come after the clock was set back', () => {
    const book = new UsageBook();
    book.note(told(NOW, { memory: 100 }));
    book.note(told(NOW - 3600, { memory: 200 }));
    expect(book.workingSet('web', 0, NOW)).toMatchObject({ newest: 200, spanSeconds: 0 });
  });
});
