import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ItemHeap } from '../../../bench/simulator/item-heap.ts';

const ITEMS = 40;

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('push', 'push', 'pop', 'remove', 'set'),
    item: fc.nat(ITEMS - 1),
    key: fc.integer({ min: 0, max: 30 }),
  }),
  { maxLength: 300 },
);

test('the first item is always one of the smallest key, whatever was pushed, moved and taken out', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const heap = new ItemHeap({ of: new Int32Array(ITEMS) });
      const model = new Map<number, number>();
      for (const { kind, item, key } of plan) {
        if (kind === 'push' && !model.has(item)) {
          heap.push(key, item);
          model.set(item, key);
        } else if (kind === 'remove' && model.delete(item)) {
          heap.remove(item);
        } else if (kind === 'set' && model.has(item)) {
          heap.set(item, key);
          model.set(item, key);
        } else if (kind === 'pop' && model.size > 0) {
          const smallest = Math.min(...model.values());
          const popped = heap.pop();
          expect(model.get(popped)).toBe(smallest);
          model.delete(popped);
        }
        expect(heap.size).toBe(model.size);
        expect(heap.firstKey).toBe(Math.min(Infinity, ...model.values()));
        if (model.size > 0) expect(model.get(heap.firstItem)).toBe(heap.firstKey);
        for (const [held, at] of model) expect(heap.keyOf(held)).toBe(at);
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});
