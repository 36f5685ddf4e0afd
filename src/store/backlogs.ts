import type { ChangeRecord } from '../models/changes.ts';
import type { Decision } from '../models/decisions.ts';
import type { HistoryStore, SeriesStepRow, StoredCapacity } from '../models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../models/metrics.ts';
import type { NamedState } from '../models/ports.ts';
import { Backlog } from './backlog.ts';
import { MOST_LATEST_CHANGES } from './latest-changes.ts';

interface Bounds {
  readonly windowsBeforeSeconds: number;
  readonly historyBeforeSeconds: number;
}

/** In the order in which they are written: what frees room on the disk first, what rests on other rows last. */
export function backlogsOf(store: HistoryStore) {
  return {
    prunings: new Backlog<Bounds>({
      keyOf: () => '',
      write: (bounds) => {
        for (const { windowsBeforeSeconds, historyBeforeSeconds } of bounds)
          store.prune(windowsBeforeSeconds, historyBeforeSeconds);
      },
      most: 1,
      atOnce: 1,
    }),
    decisions: new Backlog<Decision>({
      keyOf: ({ id }) => id,
      write: (decisions) => {
        for (const decision of decisions) store.saveDecision(decision);
      },
      most: 100,
      atOnce: 1,
    }),
    capacities: new Backlog<StoredCapacity>({
      keyOf: ({ service, sinceSeconds }) => `${sinceSeconds}\n${service}`,
      write: (capacities) => {
        for (const capacity of capacities) store.saveCapacity(capacity);
      },
      most: 20_000,
      atOnce: 1,
    }),
    changes: new Backlog<ChangeRecord>({
      keyOf: ({ decision, service }) => `${decision}\n${service}`,
      write: (changes) => {
        for (const change of changes) store.saveChange(change);
      },
      most: MOST_LATEST_CHANGES,
      atOnce: 1,
    }),
    usage: new Backlog<UsageSample>({
      keyOf: ({ service, atSeconds }) => `${atSeconds}\n${service}`,
      write: (samples) => store.saveUsage(samples),
      most: 200_000,
      atOnce: 5_000,
    }),
    windows: new Backlog<SeriesWindowRow>({
      keyOf: ({ service, chain, startSeconds }) => `${startSeconds}\n${service}\n${chain}`,
      write: (rows) => store.saveWindows(rows),
      most: 200_000,
      atOnce: 5_000,
    }),
    steps: new Backlog<SeriesStepRow>({
      keyOf: ({ chain, startSeconds }) => `${startSeconds}\n${chain}`,
      write: (rows) => store.saveSteps(rows),
      most: 200_000,
      atOnce: 5_000,
    }),
    // All at once: the time up to which profiles have learned is true of all of them together.
    states: new Backlog<NamedState>({
      keyOf: ({ name }) => name,
      write: (states) => store.saveStates(states),
      most: Number.POSITIVE_INFINITY,
      atOnce: Number.POSITIVE_INFINITY,
    }),
  };
}
