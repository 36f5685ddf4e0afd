import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../src/components/performance-quantifier/performance-quantifier.ts';
import { TrafficMonitor } from '../../src/components/traffic-monitor/traffic-monitor.ts';
import { PassMemory } from '../../src/control/books/pass-memory.ts';
import { SeriesHistory } from '../../src/control/books/series-history.ts';
import { LEARNED_UNTIL, PROFILES, Recorder } from '../../src/control/recorder.ts';
import type { Logger } from '../../src/models/ports.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../store/folders.ts';
import { FakeClock, settingsWith } from './fixtures.ts';

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const SERVICES = 150;
const START = 600_000;

function recorderOf() {
  const parts = {
    settings: settingsWith(),
    clock: new FakeClock(),
    memory: new PassMemory(),
    profiles: new PerformanceImpactQuantifier(),
    series: new SeriesHistory({ stepSeconds: 60, chains: ['a'], monitorSteps: 60, retentionSeconds: 3600 }),
    store: new Journal(openStore(), SILENT),
    traffic: new TrafficMonitor(),
  };
  return { ...parts, recorder: new Recorder(parts) };
}

function learnMinute({ profiles, memory }: ReturnType<typeof recorderOf>, startSeconds: number): void {
  for (let service = 0; service < SERVICES; service += 1) {
    profiles.updateProfile({
      service: `service-${service}`,
      startSeconds,
      lengthSeconds: 60,
      capacity: { cpu: 1, memory: 128, instances: 1, source: 'initial', sinceSeconds: 0 },
      pairs: [
        {
          chain: 'a',
          ratePerSecond: 1,
          requests: 60,
          errorRatio: 0,
          percentileSeconds: 0.03,
          meanSeconds: 0.01,
        },
      ],
    });
  }
  memory.learnedUntil = startSeconds + 60;
}

function learnedUntil({ store }: ReturnType<typeof recorderOf>): number {
  return Number(Buffer.from(store.loadState(LEARNED_UNTIL) ?? []).toString());
}

describe('the recorder of profiles', () => {
  it('writes many profiles a few at a time, and says up to when all of them have learned', () => {
    const parts = recorderOf();
    learnMinute(parts, START);
    parts.recorder.saveProfiles();
    expect([...parts.store.loadStates(PROFILES)].length).toBeLessThan(SERVICES);
    expect(learnedUntil(parts)).toBe(START);
    learnMinute(parts, START + 60);
    parts.recorder.saveProfiles();
    expect(learnedUntil(parts)).toBe(START);
    parts.recorder.close();
    expect([...parts.store.loadStates(PROFILES)]).toHaveLength(SERVICES);
    expect(learnedUntil(parts)).toBe(START + 120);
  });

  it('writes nothing when nothing was learned', () => {
    const parts = recorderOf();
    learnMinute(parts, START);
    parts.recorder.close();
    parts.store.saveState(LEARNED_UNTIL, new Uint8Array());
    parts.recorder.saveProfiles();
    expect(parts.store.loadState(LEARNED_UNTIL)).toHaveLength(0);
  });
});
