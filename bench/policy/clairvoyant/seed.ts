import type { RecordedRun, Totals } from '../recorded-run.ts';
import type { Schedule } from './schedule.ts';

/** The capacities that a run had in the mean between each two of its totals, by service. */
export function capacitiesOf({ totals }: Pick<RecordedRun, 'totals'>): Schedule {
  return totals.slice(1).map((end, index) => between(totals[index]!, end));
}

function between(begin: Totals, end: Totals): Schedule[number] {
  const seconds = end.atSeconds - begin.atSeconds;
  const before = begin.serviceCoreSeconds ?? [];
  return {
    fromSeconds: begin.atSeconds,
    cores: (end.serviceCoreSeconds ?? []).map((sum, service) => (sum - before[service]!) / seconds),
  };
}
