import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeReasons } from '../../src/control/reasons.ts';

it('docs/reasons.md is what the table of reasons says', () => {
  expect(readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8')).toBe(describeReasons());
});
