/** Whether what is seen and decided reaches the disk. */
import { type Family, sample } from './family.ts';

export const HISTORY_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_history_writable',
    help: '1 while the history can be written, 0 while it waits in memory.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, Number(daemon.history.status.failure === undefined)),
  },
  {
    name: 'dta_slo_history_waiting_rows',
    help: 'Rows of the history that wait in memory to be written.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.history.status.waiting),
  },
  {
    name: 'dta_slo_history_dropped_rows_total',
    help: 'Rows of the history that waited for too long and had to make room for newer ones, since the start.',
    type: 'counter',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.history.status.dropped),
  },
];
