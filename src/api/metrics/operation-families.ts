/** How the daemon itself does: what alerts on it need besides its passes. */
import { type Family, sample } from './family.ts';

export const OPERATION_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_ready',
    help: '1 when /readyz answers that the daemon is ready, else 0: while the history cannot be written.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, Number(daemon.notReadyBecause().length === 0)),
  },
  {
    name: 'dta_slo_pass_interval_seconds',
    help: 'Time between passes when nothing calls for an early one (control.interval).',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.settings.control.interval),
  },
];
