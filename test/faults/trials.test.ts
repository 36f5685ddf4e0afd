/** Short ones of the trials that `npm run test:faults` makes long. */
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftovers } from '../e2e/daemon-process.ts';
import { BUSY_MACHINE_MS } from './kit.ts';
import { killsUnderLoad } from './long/kills.ts';
import { largeBodies } from './long/large-bodies.ts';
import { manyIds } from './long/many-ids.ts';
import { brokenByIds, brokenByLargeBodies } from './promises.ts';

afterAll(endLeftovers);

describe.concurrent('the daemon', { timeout: BUSY_MACHINE_MS }, () => {
  it('killed three times under load counts no record twice, and keeps every decision and a whole history', async () => {
    const figures = await killsUnderLoad(3, 21);
    // How much was lost and how long a restart took is told by the clock, which says little on a busy machine.
    const kept = { kills: 3, countedTwice: 0, decisionsLost: 0, damagedHistories: 0 };
    expect(figures).toMatchObject(kept);
    expect(figures.accepted).toBeGreaterThan(0);
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
