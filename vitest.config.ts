import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/container/**', 'node_modules/**'],
    globalSetup: ['test/build-once.ts'],
    // Tests that start daemons wait for them on machines that others use too.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: 2,
  },
});
