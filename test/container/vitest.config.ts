import { defineConfig } from 'vitest/config';

/** `npm run test:container`: needs a Docker engine and docker-compose, and builds the image. */
export default defineConfig({
  test: {
    include: ['test/container/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
