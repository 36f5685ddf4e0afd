/** Things to store. */
import type { ChangeRecord } from '../../src/models/changes.ts';
import type { Decision, ServiceDecision, ServiceStatus } from '../../src/models/decisions.ts';
import type { SeriesStepRow, StoredCapacity } from '../../src/models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../../src/models/metrics.ts';

export function windowRow(start: number, service = 'web', chain = 'shop', byte = 1): SeriesWindowRow {
  return { startSeconds: start, service, chain, payload: new Uint8Array([byte, 0, 255]) };
}

export function stepRow(chain: string, start: number, rate = 1.5): SeriesStepRow {
  return { chain, startSeconds: start, rate, latency: 0.25, errorRatio: 0 };
}

export function capacity(service: string, since: number, cpu = 1): StoredCapacity {
  return { service, sinceSeconds: since, cpu, memory: 512, instances: 2, source: 'applied' };
}

export function change(decision: string, service: string, atSeconds: number): ChangeRecord {
  return {
    service,
    decision,
    atSeconds,
    status: 'writing',
    before: { requests: { cpu: 1 }, limits: {}, instances: 2 },
    to: { cpu: 2, memory: 256, instances: 2 },
    detail: 'Grows.',
  };
}

export function usage(service: string, at: number): UsageSample {
  return { service, atSeconds: at, cpu: 0.5, memory: 300 };
}

export function decision(id: string, at: number, changes: Record<string, ServiceStatus> = {}): Decision {
  return {
    id,
    atSeconds: at,
    trigger: 'interval',
    status: 'decided',
    services: Object.entries(changes).map(([service, status]) => serviceDecision(service, status)),
    chains: [
      {
        id: 'shop',
        sloSeconds: 0.5,
        percentile: 0.95,
        plannedRate: 12.5,
        feasible: false,
        achievableLatency: Number.POSITIVE_INFINITY,
        binding: ['web'],
        shadowPrice: 3,
      },
    ],
    cost: 100,
    lowerBound: 99,
    gap: 0.01,
    durationMs: 4,
  };
}

function serviceDecision(id: string, status: ServiceStatus): ServiceDecision {
  return {
    id,
    mode: 'recommend',
    cpu: 1,
    memory: 512,
    instances: 2,
    current: { cpu: 2, memory: 512, instances: 2, source: 'initial', sinceSeconds: 0 },
    status,
    reason: 'cheaper',
    explanation: 'Half of the cores are enough: "1" – ½.',
  };
}
