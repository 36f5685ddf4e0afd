import type { ReasonCode } from '../models/decisions.ts';

interface Reason {
  /** Whether it kept the service from what was planned. */
  readonly holds: boolean;
  readonly meaning: string;
}

/** Every reason code, what it means and what an operator can do. docs/reasons.md is written from this. */
export const REASONS: Readonly<Record<ReasonCode, Reason>> = {
  'meets-slo': {
    holds: false,
    meaning: 'Planned with the same capacity in another shape, or with other memory.',
  },
  'no-change': { holds: false, meaning: 'What it has is what is planned.' },
  cheaper: { holds: false, meaning: 'Its chains keep their SLOs with less, so it shrinks.' },
  'grow-for-slo': { holds: false, meaning: 'Its chains need more to keep their SLOs at the planned load.' },
  'grow-on-violation': {
    holds: false,
    meaning:
      'A chain is over its SLO with what is in force, and the plan alone would not help (the profile is not fitted yet, or wrong): it grows by the largest step.',
  },
  'unmeetable-slo': {
    holds: false,
    meaning:
      'A chain cannot meet its SLO within the bounds. Raise `max_cpu` or `max_instances`, or set the SLO to the `achievable_latency` that is shown.',
  },
  'no-data': {
    holds: true,
    meaning:
      'Too little is known: no record of one of its chains has arrived yet, or too few for a first latency profile.',
  },
  'stale-data': {
    holds: true,
    meaning:
      'A chain that had traffic fell silent for longer than `control.stale_after`. Silence is missing data, not a missing load.',
  },
  'invalid-data': {
    holds: true,
    meaning: 'The plan had a value that is no positive number. Please report it.',
  },
  'warming-up': { holds: true, meaning: 'Less than `control.warm_up` seconds of traffic have been watched.' },
  errors: {
    holds: true,
    meaning:
      'More of its requests fail than `control.max_error_ratio` allows; failing requests are cheap and say nothing of demand.',
  },
  'low-confidence': {
    holds: true,
    meaning: 'Its latency profile is less certain than `control.min_confidence`.',
  },
  'small-decrease': { holds: true, meaning: 'The decrease is smaller than `control.min_decrease`.' },
  stabilizing: {
    holds: true,
    meaning:
      'More than is now wanted was planned within `control.stabilization` seconds, or the service was shrunk within them and the effect is still watched.',
  },
  'largest-step': {
    holds: false,
    meaning:
      'It shrinks, but only by `control.largest_step` in one pass (the square of it in place); the next pass goes on.',
  },
  'change-budget': {
    holds: true,
    meaning: 'Other services shrink in this pass first: `control.change_budget`.',
  },
  bounds: {
    holds: false,
    meaning: 'What it has lies outside of its configured bounds, and is brought back into them.',
  },
  'target-unreadable': {
    holds: true,
    meaning: 'What runs cannot be read from the cluster, so nothing is written; the sentence says why.',
  },
  autoscaled: {
    holds: true,
    meaning:
      'A HorizontalPodAutoscaler or ScaledObject decides on its instances. Remove it, or set the mode of the service to `recommend`.',
  },
  'rolling-out': {
    holds: true,
    meaning:
      'Its instances are being replaced, by an earlier change of ours or by somebody else; or, held from shrinking alone: some of them are not ready, or a growth of another service of its chain does not run yet.',
  },
  'change-failed': {
    holds: true,
    meaning:
      'An earlier change of it did not come up and was put back. It is tried again after 10 minutes, then after twice as long each time, at most two hours.',
  },
  frozen: {
    holds: true,
    meaning:
      'A freeze window is open (`control.freeze_windows`): nothing shrinks or changes its shape, and nothing grows where the window says so.',
  },
  paused: {
    holds: true,
    meaning: 'Changes are paused, by the operator (`POST /pause`) or by `control.paused`.',
  },
  'total-cap': {
    holds: true,
    meaning:
      'All services together may have no more (`control.max_total_cpu`, `max_total_memory`): it grows less than planned, or a chain through it is planned over its SLO.',
  },
  'would-violate': {
    holds: true,
    meaning: 'A chain through it is over its SLO now, or would be after the decrease.',
  },
};

/** The table of docs/reasons.md. */
export function describeReasons(): string {
  const rows = Object.entries(REASONS).map(
    ([code, { holds, meaning }]) => `| \`${code}\` | ${holds ? 'held' : 'decided'} | ${meaning} |`,
  );
  return [
    '# Why a service gets what it gets',
    '',
    'Every service in `GET /allocations` carries a `reason` code and a sentence with the figures. The codes are stable:',
    'dashboards and alerts may key on them (`dta_slo_decision_services`, docs/metrics.md). "Held" means that the guard kept the',
    'service from shrinking as planned; increases are never held back, except by `invalid-data`, `paused`, `frozen` with `growth: hold`, `total-cap` and,',
    'where we write to a cluster, by what stands in the way there: `target-unreadable`, `autoscaled`, `rolling-out`, `change-failed`.',
    '',
    '| code | | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
    'The guard looks at a plan in this order: invalid, stale or missing data, warm-up, errors, present violation,',
    'confidence, stabilization, largest step, small decrease, change budget, the chains evaluated once more, bounds, what stands in the',
    'way in the cluster, freeze windows, caps on all services together, pause. The',
    'reason that is shown is that of the last step that changed something.',
    '',
  ].join('\n');
}
