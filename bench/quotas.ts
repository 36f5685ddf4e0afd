/**
 * The throttling model against the simulator, which knows every visit and every CFS period: one service with cores for
 * everybody, visits of lognormal CPU, and which share of them waits for longer than some tenths of a period. And how long it
 * takes to plan.
 *
 * And how far several instances are one (`allocation.in_place_pooling`): with which κ as many visits wait as in the simulator, where
 * they go to the least busy instance, to one after the other, or to any.
 *
 *     npm run -s bench:quotas -- --json     last line: { "delays": {…}, "pooling": {…}, "planning": {…} }
 */
import { parseArgs } from 'node:util';
import { planQuotas } from '../src/components/resource-allocator/quotas/plan-quotas.ts';
import type { QuotaChain, QuotaService } from '../src/components/resource-allocator/quotas/quota-problem.ts';
import { delayTail, PERIOD_SECONDS } from '../src/components/resource-allocator/quotas/throttling-delay.ts';
import { seededRandom } from '../src/utils/random.ts';
import { usualCall, usualService } from './policy/applications/usual.ts';
import type { Balancing } from './simulator/balancer.ts';
import { Simulator } from './simulator/simulator.ts';

const SIGMA = 0.6;
const DEMAND_SECONDS = 0.005;
/** Plenty of cores: all waiting is throttling. */
const CORES = 1000;
const REQUESTS = 400_000;
/** Of a period. */
const DELAYS = [0.1, 0.3, 0.5, 0.8, 1.5];
/** Shares below are told by too few visits. */
const SEEN = 200 / REQUESTS;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

interface Row {
  readonly work: number;
  readonly utilization: number;
  /** By delay: modelled over simulated share of the visits that wait for longer. */
  readonly ratios: readonly number[];
}

function compare(work: number, utilization: number): Row {
  const modelled = delayTail(work, utilization);
  const simulated = simulate(work, utilization);
  const ratios = DELAYS.flatMap((delay, i) =>
    simulated[i]! < SEEN ? [] : [modelled[Math.round(delay * 10)]! / simulated[i]!],
  );
  return { work, utilization, ratios };
}

interface Fleet {
  readonly instances: number;
  readonly balancing: Balancing;
}

const ONE: Fleet = { instances: 1, balancing: 'least-busy' };

/** Shares of the visits that wait for longer than each of the delays. `work`: of one instance. */
function simulate(work: number, utilization: number, { instances, balancing }: Fleet = ONE): number[] {
  // m = E[S²]/E[S] of the lognormal; a = D·T/m.
  const demand = (work * DEMAND_SECONDS * Math.exp(SIGMA ** 2)) / PERIOD_SECONDS;
  const rate = (instances * demand) / DEMAND_SECONDS;
  const random = seededRandom(Math.round(1000 * work + 100 * utilization));
  const timesSeconds = new Float64Array(REQUESTS);
  for (let i = 1; i < REQUESTS; i++) timesSeconds[i] = timesSeconds[i - 1]! - Math.log(1 - random()) / rate;
  const bounds = { minCpu: 0.001, maxCpu: CORES, parallelism: CORES, maxInstances: instances };
  const counts = DELAYS.map(() => 0);
  const simulator = new Simulator({
    application: {
      name: 'one service',
      services: [{ ...usualService('one'), ...bounds }],
      chains: [{ name: 'one', share: 1, root: usualCall(0, DEMAND_SECONDS, []), sloSeconds: 1 }],
    },
    arrivals: { timesSeconds, chains: new Uint16Array(REQUESTS) },
    initial: [{ cpu: demand / utilization, memory: 8192, instances }],
    balancing,
    seed: 1,
    startupSeconds: 0,
    listener: {
      onVisit: (_service, _chain, selfSeconds, _total, cpuSeconds) => {
        const waited = (selfSeconds - cpuSeconds) / PERIOD_SECONDS;
        for (const [i, delay] of DELAYS.entries()) if (waited > delay) counts[i]! += 1;
      },
    },
  });
  simulator.advanceTo(Number.POSITIVE_INFINITY);
  return counts.map((count) => count / REQUESTS);
}

/** Work of an instance in a period, and ρ, from a service that is seldom visited to a busy one. */
const SERVICES = [
  [0.1, 0.1],
  [0.3, 0.2],
  [1, 0.5],
  [3, 0.7],
  [10, 0.85],
] as const;

/** Delay at which instances are compared, as a place among the model's: half a period. */
const COMPARED = 5;

/**
 * The κ with which the model has as many visits that wait for longer than half a period, as `ServiceLoad.worksInPeriod`
 * counts the work a of one of n instances: a·n^(κ·a/(1 + a)).
 */
function poolingOf(work: number, utilization: number, fleet: Fleet): number | undefined {
  const simulated = simulate(work, utilization, fleet)[DELAYS.indexOf(COMPARED / 10)]!;
  const modelled = (power: number) =>
    delayTail(work * fleet.instances ** ((power * work) / (1 + work)), utilization)[COMPARED]! *
    scaleOf(work, utilization);
  if (simulated < SEEN) return undefined;
  let [low, high] = [-0.5, 3];
  for (let cut = 0; cut < 20; cut++) {
    const middle = (low + high) / 2;
    if (modelled(middle) > simulated) low = middle;
    else high = middle;
  }
  return high;
}

const scales = new Map<string, number>();

/** What the model is off by with one instance already. */
function scaleOf(work: number, utilization: number): number {
  const key = `${work} ${utilization}`;
  const known =
    scales.get(key) ??
    simulate(work, utilization)[DELAYS.indexOf(COMPARED / 10)]! / delayTail(work, utilization)[COMPARED]!;
  scales.set(key, known);
  return known;
}

function comparePooling(balancing: Balancing) {
  const found = [2, 4, 10].flatMap((instances) =>
    SERVICES.flatMap(([work, rho]) => poolingOf(work, rho, { instances, balancing }) ?? []),
  );
  found.sort((left, right) => left - right);
  return { median: found[Math.floor(found.length / 2)]!, least: found[0]!, largest: found.at(-1)! };
}

/** Milliseconds of CPU for a plan from nothing, and for the next one at a little more load. */
function timePlanning(services: number, chains: number) {
  const random = seededRandom(1);
  const all = Array.from({ length: services }, (_, s) => serviceOf(`service-${s}`));
  const prices = new Map<string, number>();
  const problem = Array.from({ length: chains }, (_, c) => chainOf(`chain-${c}`, services, random));
  const first = timed(() => planQuotas(all, problem, { highest: 0.95, prices }));
  const more = problem.map((chain) => ({ ...chain, rate: 1.03 * chain.rate }));
  const next = timed(() => planQuotas(all, more, { highest: 0.95, prices }));
  return { services, chains, first_ms: first, next_ms: next };
}

function serviceOf(id: string): QuotaService {
  const { minCpu, maxCpu, minInstances, maxInstances, parallelism } = usualService(id);
  const bounds = { minCpu, maxCpu, minInstances, maxInstances, parallelism };
  const present = { cpu: maxCpu, instances: 1 };
  return {
    id,
    ...bounds,
    baselineCores: 0,
    pooling: 0.9,
    quantum: 0.01,
    instancePrice: 0.1,
    present,
    isFixed: false,
  };
}

function chainOf(id: string, services: number, random: () => number): QuotaChain {
  const visits = Array.from({ length: 2 + Math.floor(4 * random()) }, () => ({
    service: `service-${Math.floor(services * random())}`,
    visits: 1,
    demand: 0.001 + 0.005 * random(),
  }));
  return { id, rate: 5 + 20 * random(), slackSeconds: 0.02 + 0.2 * random(), budget: 0.025, visits };
}

function timed(run: () => void): number {
  const begin = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

const rows = [0.5, 1, 3, 10, 30].flatMap((work) => [0.5, 0.7, 0.85].map((rho) => compare(work, rho)));
console.log(`modelled over simulated share of visits that wait for longer than ${DELAYS.join(', ')} periods`);
for (const { work, utilization, ratios } of rows)
  console.log(`a ${work}, ρ ${utilization}: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ') || '–'}`);
const all = rows.flatMap(({ ratios }) => ratios).sort((left, right) => left - right);
const at = (share: number) => all[Math.floor(share * (all.length - 1))]!;
const delays = { median: at(0.5), p10: at(0.1), p90: at(0.9), compared: all.length };
console.log(
  `median ${delays.median.toFixed(2)}, a tenth below ${delays.p10.toFixed(2)} and above ${delays.p90.toFixed(2)}`,
);
const pooling = Object.fromEntries(
  (['least-busy', 'round-robin', 'random'] as const).map((balancing) => [
    balancing,
    comparePooling(balancing),
  ]),
);
for (const [balancing, { median, least, largest }] of Object.entries(pooling))
  console.log(
    `${balancing}: instances count as one with κ ${median.toFixed(2)} (${least.toFixed(2)} to ${largest.toFixed(2)})`,
  );
const planning = [timePlanning(100, 300), timePlanning(1000, 3000)];
for (const { services, chains, first_ms, next_ms } of planning)
  console.log(
    `${services} services, ${chains} chains: first plan ${first_ms.toFixed(0)} ms CPU, next ${next_ms.toFixed(0)} ms`,
  );
if (values.json) console.log(JSON.stringify({ delays, pooling, planning }));
