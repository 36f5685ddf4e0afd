import { expect, it } from 'vitest';
import { rememberedFor } from '../../src/control/remembered-for.ts';
import { FakeClock } from './fixtures.ts';

it('computes anew after its time, and when the clock was set back', () => {
  const clock = new FakeClock();
  let computed = 0;
  const read = rememberedFor(clock, 2, () => ++computed);
  expect([read(), read()]).toEqual([1, 1]);
  clock.advance(2);
  expect(read()).toBe(1);
  clock.advance(0.5);
  expect(read()).toBe(2);
  clock.jump(-3600);
  expect([read(), read()]).toEqual([3, 3]);
});
