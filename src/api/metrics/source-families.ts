/** Where observations are read from. */
import { type Family, sample } from './family.ts';

export const SOURCE_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_source_up',
    help: '1 while a source of observations can be read, else 0; absent while all records are posted, and before the first reading.',
    type: 'gauge',
    labels: ['source'],
    samples: ({ daemon }) =>
      daemon.sources.flatMap(({ name, health }) =>
        health.kind === 'starting' ? [] : sample({ source: name }, Number(health.kind === 'ok')),
      ),
  },
  {
    name: 'dta_slo_source_lag_seconds',
    help: 'How far what a source has told lies behind now.',
    type: 'gauge',
    labels: ['source'],
    samples: ({ daemon }) =>
      daemon.sources.flatMap(({ name, lagSeconds }) => sample({ source: name }, lagSeconds)),
  },
  {
    name: 'dta_slo_source_last_success_timestamp_seconds',
    help: 'Unix time at which a source last answered in full.',
    type: 'gauge',
    labels: ['source'],
    samples: ({ daemon }) =>
      daemon.sources.flatMap(({ name, lastSuccessSeconds }) => sample({ source: name }, lastSuccessSeconds)),
  },
];
