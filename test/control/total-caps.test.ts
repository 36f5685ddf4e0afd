import { expect, it } from 'vitest';
import { optimizeOnce } from '../../src/control/optimize-once.ts';
import { NOW, settingsWith } from './fixtures.ts';
import { type Parts, partsOf } from './parts.ts';

/** Every chain at every service that lists it, 20 requests in the minute that starts then. */
function recordAll({ traffic, settings }: Parts, startSeconds: number): void {
  for (const { id, chains } of settings.topology.services.values())
    for (const chain of chains)
      for (let index = 0; index < 20; index += 1)
        traffic.recordRequest(id, chain, 0.04, false, startSeconds + 3 * index);
}

it('passes under a cap end within it, one allowed step after the other, and say what it costs', async () => {
  const parts = partsOf(settingsWith({ caps: { cpu: 0.5 }, stabilization: 0 }));
  const totals: number[] = [];
  for (let minute = 0; minute < 30; minute += 1) {
    parts.clock.advance(60);
    recordAll(parts, NOW + 60 * minute);
    if (minute < 5) continue;
    const { services, caps } = await optimizeOnce(parts, 'interval');
    totals.push(services.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0));
    expect(caps).toMatchObject([{ resource: 'cpu', limit: 0.5, used: totals.at(-1) }]);
    expect(caps![0]!.planned).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(caps![0]!.explanation).toMatch(/^control\.max_total_cpu allows 0\.5 cores/);
  }
  for (const [i, total] of totals.entries())
    expect(total).toBeLessThanOrEqual(Math.max(0.5, totals[i - 1] ?? 8));
  expect(totals.at(-1)).toBeLessThanOrEqual(0.5 + 1e-9);
});
