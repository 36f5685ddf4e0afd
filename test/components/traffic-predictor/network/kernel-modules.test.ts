import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kernelModules, MODULES_FILE } from '../../../../bench/gru/build-kernels.ts';

test('the committed WebAssembly is what its sources build to', async () => {
  expect(readFileSync(MODULES_FILE, 'utf8')).toBe(await kernelModules());
});
