/** What was changed in the cluster. */
import { type Family, sample } from './family.ts';

export const CHANGE_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_changes_total',
    help: 'Changes of services since the start by what became of them: applied, restored (did not come up, put back), failed (could not be put back), refused (stays so until a person acts), held (tried again later).',
    type: 'counter',
    labels: ['outcome'],
    samples: ({ daemon }) =>
      Object.entries(daemon.changes.counts).flatMap(([outcome, count]) => sample({ outcome }, count)),
  },
  {
    name: 'dta_slo_changes_under_way',
    help: 'Changes that are being rolled out now.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) =>
      sample({}, [...daemon.changes.latest().values()].filter(({ status }) => status === 'writing').length),
  },
];
