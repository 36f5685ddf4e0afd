/** One cell of the benchmark: an application under a traffic, the same for every policy. */
import type { Application, Arrivals } from '../simulator/application.ts';
import { visitsOf } from '../simulator/application.ts';
import { readApplication } from './applications/call-graph.ts';
import { knownApplication } from './applications/known.ts';
import type { KnownApplication } from './policy.ts';
import { generateArrivals } from './traffic/arrivals.ts';
import type { RunEvent } from './traffic/events.ts';
import { readTraffic, scaledToMean } from './traffic/trace.ts';

/** Visits/s that the run has in the mean, summed over the services. */
const MEAN_VISITS = 1200;

export interface CellChoice {
  readonly calls: string;
  readonly profiles: string;
  readonly trace: string;
  readonly hours: number;
  readonly seed: number;
}

export interface Cell {
  readonly application: Application;
  readonly known: KnownApplication;
  readonly arrivals: Arrivals;
  /** In the order of time. */
  readonly events: readonly RunEvent[];
  /** When the shock comes whose recovery is timed. */
  readonly shockSeconds?: number;
  readonly durationSeconds: number;
}

export function buildCell(choice: CellChoice): Cell {
  const application = readApplication(choice.calls, choice.profiles);
  const durationSeconds = choice.hours * 3600;
  const shares = application.chains.map(({ share }) => share);
  const visits = application.chains.reduce((sum, { share, root }) => sum + share * visitsOf(root), 0);
  const recorded = readTraffic(choice.trace, durationSeconds);
  const rates = scaledToMean(recorded, durationSeconds, MEAN_VISITS / visits);
  const arrivals = generateArrivals(
    { rates, mixes: [{ fromSeconds: 0, shares }] },
    durationSeconds,
    choice.seed,
  );
  return { application, known: knownApplication(application), arrivals, events: [], durationSeconds };
}
