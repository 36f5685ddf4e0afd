/** One cell of the benchmark: an application under a traffic, the same for every policy. */
import { randomStreams } from '../replay/random-variates.ts';
import type { Application, Arrivals } from '../simulator/application.ts';
import { readApplication } from './applications/call-graph.ts';
import { knownApplication } from './applications/known.ts';
import { visitsByChain } from './applications/load.ts';
import { SHIPPED_MEAN_VISITS, shippedApplication } from './applications/shipped-config.ts';
import type { KnownApplication } from './policy.ts';
import { generateArrivals, type Mix, mixAt } from './traffic/arrivals.ts';
import { withBursts } from './traffic/bursts.ts';
import type { RunEvent } from './traffic/events.ts';
import { type Scenario, scenarioNamed } from './traffic/scenarios.ts';
import { constantTrace, multiplied, readTraffic, scaledToMean } from './traffic/trace.ts';

/** Visits/s that a run has in the mean, summed over the services. */
const MEAN_VISITS = 1200;

export interface TrafficChoice {
  /** A trace's file; without one the rate is constant but for the scenario. */
  readonly trace?: string | undefined;
  readonly hours: number;
  readonly seed: number;
  /** Name of a scenario; default `calm`. */
  readonly scenario?: string | undefined;
  /** Variance over mean of the requests in a second; default 1, which is Poisson. */
  readonly dispersion?: number | undefined;
  /** Default 1,200. */
  readonly meanVisits?: number | undefined;
}

export interface CellChoice extends TrafficChoice {
  /** The two files of an application; without both it is that of the shipped configuration. */
  readonly calls?: string | undefined;
  readonly profiles?: string | undefined;
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

/** @throws Error that says which choice or file is wrong */
export function buildCell(choice: CellChoice): Cell {
  const { calls, profiles } = choice;
  if (calls !== undefined && profiles !== undefined) return cellOf(readApplication(calls, profiles), choice);
  if (calls !== undefined || profiles !== undefined) {
    throw new Error(`--calls, --profiles: found one of them, allowed: both or none`);
  }
  return cellOf(shippedApplication(), { ...choice, meanVisits: choice.meanVisits ?? SHIPPED_MEAN_VISITS });
}

/** The same for an application that is there already. */
export function cellOf(application: Application, choice: TrafficChoice): Cell {
  const { hours, seed, dispersion = 1 } = choice;
  if (!(hours > 0)) throw new Error(`--hours: found ${hours}, allowed: more than 0`);
  const scenario = scenarioNamed(choice.scenario ?? 'calm');
  const durationSeconds = hours * 3600;
  const mixes = scenario.mixes(application, durationSeconds);
  const [bursts] = randomStreams(seed + 1, 1);
  const rates = withBursts(meanRates(application, scenario, mixes, choice), dispersion, bursts!);
  const shockSeconds = scenario.shockSeconds(durationSeconds);
  return {
    application,
    known: knownApplication(application),
    arrivals: generateArrivals({ rates, mixes }, durationSeconds, seed),
    events: scenario.events(application, durationSeconds),
    ...(shockSeconds === undefined ? {} : { shockSeconds }),
    durationSeconds,
  };
}

function meanRates(
  application: Application,
  scenario: Scenario,
  mixes: readonly Mix[],
  choice: TrafficChoice,
) {
  const run = choice.hours * 3600;
  const base = choice.trace === undefined ? constantTrace(run) : readTraffic(choice.trace, run);
  const shaped = multiplied(base, (seconds) => scenario.factorAt(seconds, run));
  const visits = visitsByChain(application);
  const visitsAt = (seconds: number) =>
    mixAt(mixes, seconds).shares.reduce((sum, share, chain) => sum + share * visits[chain]!, 0);
  return scaledToMean(shaped, run, choice.meanVisits ?? MEAN_VISITS, visitsAt);
}
