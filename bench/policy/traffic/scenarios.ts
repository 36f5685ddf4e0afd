/** Traffic and shocks by name. A scenario changes what a trace says, or a constant rate where there is none. */
import type { Application } from '../../simulator/application.ts';
import { servicesByLoad } from '../applications/load.ts';
import type { Mix } from './arrivals.ts';
import type { RunEvent } from './events.ts';

export interface Scenario {
  readonly name: string;
  /** Factor on the rate. */
  factorAt(seconds: number, runSeconds: number): number;
  mixes(application: Application, runSeconds: number): readonly Mix[];
  /** In the order of time. */
  events(application: Application, runSeconds: number): readonly RunEvent[];
  /** When the shock comes whose recovery is timed; undefined: there is none. */
  shockSeconds(runSeconds: number): number | undefined;
}

const BURST_SECONDS = 60;
const BURST_PERIOD_SECONDS = 600;
const OUTAGE_SECONDS = 300;

const calm: Scenario = {
  name: 'calm',
  factorAt: () => 1,
  mixes: ({ chains }) => [{ fromSeconds: 0, shares: chains.map(({ share }) => share) }],
  events: () => [],
  shockSeconds: () => undefined,
};
const half = (runSeconds: number) => runSeconds / 2;

/** Each of them shows in the first part of the run, where parameters are tuned, some of what comes after it. */
const ALL: readonly Scenario[] = [
  calm,
  { ...calm, name: 'steps', factorAt: stepsAt, shockSeconds: half },
  { ...calm, name: 'bursts', factorAt: burstsAt, shockSeconds: burstAfterHalf },
  { ...calm, name: 'drift', factorAt: (seconds, run) => 0.5 + seconds / run },
  { ...calm, name: 'mix-flip', mixes: flippingMixes, shockSeconds: half },
  { ...calm, name: 'slow-service', events: slowService, shockSeconds: half },
  { ...calm, name: 'lost-instances', events: lostInstances, shockSeconds: half },
  { ...calm, name: 'metrics-outage', factorAt: riseAfterOutage, events: outage, shockSeconds: outageEnd },
];

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(ALL.map((each) => [each.name, each]));

/** @throws Error for a name that is none */
export function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.get(name);
  if (scenario) return scenario;
  throw new Error(`scenario: found ${name}, allowed: ${[...SCENARIOS.keys()].join(', ')}`);
}

/** Twice the load for a tenth of the run early on, and from its middle for a quarter of it. */
function stepsAt(seconds: number, run: number): number {
  const part = seconds / run;
  return (part >= 0.1 && part < 0.2) || (part >= 0.5 && part < 0.75) ? 2 : 1;
}

/** Three times the load for a minute, every ten minutes (more often in a short run). */
function burstsAt(seconds: number, run: number): number {
  const period = burstPeriod(run);
  const sinceBurst = (seconds + period / 2) % period;
  return sinceBurst < BURST_SECONDS ? 3 : 1;
}

function burstAfterHalf(run: number): number {
  const period = burstPeriod(run);
  return period * (Math.ceil(run / 2 / period - 0.5) + 0.5);
}

function burstPeriod(run: number): number {
  return Math.min(BURST_PERIOD_SECONDS, run / 4);
}

/** From four times as many requests of the first chain as of the last to the other way round at mid-run. */
function flippingMixes({ chains }: Application, run: number): Mix[] {
  const last = Math.max(1, chains.length - 1);
  const ahead = normalized(chains.map(({ share }, chain) => share * (4 - (3 * chain) / last)));
  const back = normalized(chains.map(({ share }, chain) => share * (1 + (3 * chain) / last)));
  return [
    { fromSeconds: 0, shares: back },
    { fromSeconds: 0.15 * run, shares: ahead },
    { fromSeconds: 0.5 * run, shares: back },
  ];
}

function normalized(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function slowService(application: Application, run: number): RunEvent[] {
  const service = servicesByLoad(application)[0]!;
  return [{ kind: 'demand-factor', atSeconds: half(run), service, factor: 1.6 }];
}

/** A node with half of the instances of the more loaded half of the services. */
function lostInstances(application: Application, run: number): RunEvent[] {
  const services = servicesByLoad(application).slice(0, Math.ceil(application.services.length / 2));
  return services.map((service) => ({ kind: 'kill', atSeconds: half(run), service, share: 0.5 }));
}

function outage(_application: Application, run: number): RunEvent[] {
  return [
    { kind: 'outage-begin', atSeconds: half(run) },
    { kind: 'outage-end', atSeconds: outageEnd(run) },
  ];
}

/** The load stays while nobody sees it, and is half as much again when it is seen. */
function riseAfterOutage(seconds: number, run: number): number {
  return seconds < outageEnd(run) ? 1 : 1.5;
}

function outageEnd(run: number): number {
  return half(run) + Math.min(OUTAGE_SECONDS, run / 4);
}
