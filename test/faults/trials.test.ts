/** Short ones of the trials that `npm run test:faults` makes long. */
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftovers } from '../e2e/daemon-process.ts';
import { killsUnderLoad } from './long/kills.ts';
import { largeBodies } from './long/large-bodies.ts';
import { manyIds } from './long/many-ids.ts';
import { brokenByIds, brokenByKills, brokenByLargeBodies } from './promises.ts';

afterAll(endLeftovers);

describe.concurrent('the daemon', () => {
  it('killed three times under load loses a second of records at most, counts none twice and keeps every decision', async () => {
    expect(brokenByKills(await killsUnderLoad(3, 21))).toEqual([]);
  });

  it('learns a bounded number of ever new names, and serves the known ones meanwhile', async () => {
    const figures = await manyIds(30_000, 'learn');
    expect(brokenByIds(figures)).toEqual([]);
    expect(figures.seconds).toBeLessThan(10);
  });

  it('reads large bodies without holding them', async () => {
    expect(brokenByLargeBodies(await largeBodies(30))).toEqual([]);
  });
});
