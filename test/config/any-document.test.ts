import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crossCheck } from '../../src/config/cross-checks.ts';
import { readDocument } from '../../src/config/read.ts';
import { ConfigFileSchema } from '../../src/config/schema.ts';

const RUNS = { seed: 1, numRuns: 300 };

const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'chains', 'min_cpu', 'max_cpu', 'latency', 'stages', 'visits'),
  fc.string({ maxLength: 4 }),
);
const { value } = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 4 })),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const section = fc.dictionary(fc.constantFrom(...Object.keys(ConfigFileSchema.properties)), value);

test('any document at all is either complete or has problems that name a place, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(section, value), (document) => {
      const { complete, readable, problems } = readDocument(document, 'file');
      expect(complete === undefined).toBe(problems.length > 0);
      for (const problem of [...problems, ...crossCheck(readable, 'file')]) {
        expect(problem.source).toBe('file');
        expect(problem.found).not.toBe('');
        expect(problem.allowed).not.toBe('');
      }
    }),
    RUNS,
  );
});

test('reading changes no prototype', () => {
  fc.assert(
    fc.property(section, (document) => {
      readDocument(document, 'file');
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
    RUNS,
  );
});
