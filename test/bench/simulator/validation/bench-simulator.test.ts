import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function bench(...flags: string[]): string {
  return execFileSync('node_modules/.bin/tsx', ['bench/simulator.ts', ...flags], { encoding: 'utf8' });
}

describe('bench:simulator', () => {
  it('ends with one JSON object, and leaves out measured windows where there are none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-measurements-'));
    try {
      const printed = bench('--scale', '0.001', '--measurements', folder, '--json');
      const result: { visits_per_second: number; validation: Record<string, unknown> } = JSON.parse(
        printed.trim().split('\n').at(-1)!,
      );
      expect(result.visits_per_second).toBeGreaterThan(10_000);
      expect(result.validation).toMatchObject({
        queues: { figures: 79 },
        quotas: { largest_error_seconds: expect.closeTo(0, 9) },
        measured: null,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a scale that is none', () => {
    expect(() => bench('--scale', '0')).toThrow(/--scale/);
  });
});
