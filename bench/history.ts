/** How fast the history store is on this disk: medians of some runs, ms. With --json the last line is one JSON object. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Decision } from '../src/models/decisions.ts';
import { openHistoryStore } from '../src/store/history-store.ts';

const SERVICES = 1000;
const SERIES = 3000;
const RUNS = 25;
const PAYLOAD = new Uint8Array(630).fill(7);

const folder = mkdtempSync(join(tmpdir(), 'dta-slo-bench-'));
const store = openHistoryStore(folder);
const names = Array.from({ length: SERIES }, (_, i) => ({
  service: `service-${i % SERVICES}`,
  chain: `chain-${i}`,
}));

const windows = (start: number) => names.map((name) => ({ ...name, startSeconds: start, payload: PAYLOAD }));
const steps = (start: number) =>
  names.map(({ chain }, i) => ({ chain, startSeconds: start, rate: i / 7, latency: i / 9, errorRatio: 0 }));

const batches = Array.from({ length: RUNS }, (_, run) => windows(60 * run));
const stepBatches = Array.from({ length: RUNS }, (_, run) => steps(60 * run));

const result = {
  saveWindowsMs: medianMs((run) => store.saveWindows(batches[run] ?? [])),
  replaceWindowsMs: medianMs(() => store.saveWindows(batches[0] ?? [])),
  saveStepsMs: medianMs((run) => store.saveSteps(stepBatches[run] ?? [])),
  saveDecisionMs: medianMs((run) => store.saveDecision(decision(`${run}`))),
  loadDecisionMs: medianMs(() => void store.loadDecisions({ limit: 1 })),
  loadAllWindowsMs: medianMs(() => {
    for (const row of store.loadWindows(0)) if (row.payload.length === 0) throw new Error('an empty window');
  }),
  fileBytes: store.sizeBytes(),
  closeMs: elapsedMs(() => store.close()),
  openMs: elapsedMs(() => openHistoryStore(folder).close()),
};
rmSync(folder, { recursive: true, force: true });
console.log(`${SERIES} series, ${SERVICES} services, ${RUNS} runs`);
console.log(process.argv.includes('--json') ? JSON.stringify(result) : result);

function medianMs(run: (index: number) => void): number {
  const times = Array.from({ length: RUNS }, (_, index) => elapsedMs(() => run(index)));
  return times.sort((a, b) => a - b)[RUNS >> 1] ?? Number.NaN;
}

function elapsedMs(run: () => void): number {
  const start = performance.now();
  run();
  return Math.round((performance.now() - start) * 10) / 10;
}

function decision(id: string): Decision {
  const shape = { cpu: 1.15, memory: 512, instances: 3 };
  return {
    id,
    atSeconds: 1,
    trigger: 'interval',
    status: 'decided',
    services: Array.from({ length: SERVICES }, (_, i) => ({
      id: `service-${i}`,
      mode: 'recommend',
      ...shape,
      planned: shape,
      current: { ...shape, cpu: 2, source: 'recommendation', sinceSeconds: i },
      status: i % 3 === 0 ? 'shrink' : 'keep',
      reason: 'cheaper',
      explanation: `1.15 cores × 3 carry ${(i * 1.37).toFixed(1)} requests/s inside every SLO; 2 cores were given.`,
    })),
    chains: names.map(({ chain, service }, i) => ({
      id: chain,
      sloSeconds: 0.3,
      percentile: 0.95,
      plannedRate: i * 1.7,
      expectedLatency: 0.21 + i / 1e5,
      feasible: true,
      binding: [service],
      shadowPrice: i / 100,
    })),
    cost: 1234.5,
    lowerBound: 1234.1,
    gap: 1e-4,
    durationMs: 120,
  };
}
