import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { gruBenchOptions } from '../../bench/gru/options.ts';

test('bench:gru prints speed, ratios and the error of gradients as one JSON object', () => {
  const flags =
    '--units 6,4 --dense 3 --batch 4 --steps 5 --features 2 --rounds 1 --backend cpu --json'.split(' ');
  const lines = execFileSync('npx', ['tsx', 'bench/gru.ts', ...flags], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const result: Record<string, unknown> = JSON.parse(lines.at(-1)!);
  for (const side of ['', 'tfjs_']) {
    expect(result[`${side}train_step_ms`]).toBeGreaterThan(0);
    expect(result[`${side}predict_ms`]).toBeGreaterThan(0);
  }
  expect(result['train_ratio']).toBe(Number(result['tfjs_train_step_ms']) / Number(result['train_step_ms']));
  expect(result['predict_ratio']).toBe(Number(result['tfjs_predict_ms']) / Number(result['predict_ms']));
  expect(result['tfjs_backend']).toBe('cpu');
  expect(result['max_relative_gradient_error']).toBeLessThan(1e-4);
});

test('what bench:gru cannot measure is refused with the reason', () => {
  expect(() => gruBenchOptions(['--units', '3,x'])).toThrow(
    '--units: found x, allowed: whole numbers from 1 on',
  );
  expect(() => gruBenchOptions(['--kernels', 'avx'])).toThrow('--kernels: found avx');
  expect(() => gruBenchOptions(['--threads', '2'])).toThrow('--threads');
});
