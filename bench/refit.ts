/**
 * Times a refit of all profiles after one new window of every service, with full tables: 1,000 services, three chains each.
 *
 *     npm run -s bench:refit -- --services 1000 --chains 3 --windows 240 --refits 32 --json
 *       last line: { pairs, windows, refits, first_ms, first_cpu_ms, refit_ms, cpu_ms, worst_ms, worst_cpu_ms, record_us }
 *       first: everything from scratch, as after a restart; refit_ms and cpu_ms: medians over the following refits;
 *       worst: the longest of them; record_us: CPU of taking in one window of one service
 */
import { parseArgs } from 'node:util';
import { PerformanceImpactQuantifier } from '../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../src/utils/random.ts';
import { syntheticServices, syntheticWindow } from './learning/synthetic-services.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '1000' },
    chains: { type: 'string', default: '3' },
    windows: { type: 'string', default: '240' },
    refits: { type: 'string', default: '32' },
    seed: { type: 'string', default: '1' },
    cpu: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const [services, chains, windows, refits] = [
  values.services,
  values.chains,
  values.windows,
  values.refits,
].map(Number) as [number, number, number, number];
const DISTURBANCE = { noise: 0.1, garbage: 0.02 };
const LOAD = { utilization: [0.1, 0.8], hasCpu: values.cpu } as const;

const random = seededRandom(Number(values.seed));
const truth = syntheticServices(random, { services, chains, sizes: 2 });
const quantifier = new PerformanceImpactQuantifier();
let index = 0;
for (; index < windows; index++) tell();
const first = timed(() => quantifier.refit(60 * index));
const records: Times[] = [];
const times: Times[] = [];
for (let refit = 0; refit < refits; refit++) {
  records.push(tell());
  times.push(timed(() => quantifier.refit(60 * index)));
  index++;
}

const result = {
  pairs: services * chains,
  windows,
  refits,
  first_ms: first.wallMs,
  first_cpu_ms: first.cpuMs,
  refit_ms: median(times.map(({ wallMs }) => wallMs)),
  cpu_ms: median(times.map(({ cpuMs }) => cpuMs)),
  worst_ms: Math.max(...times.map(({ wallMs }) => wallMs)),
  worst_cpu_ms: Math.max(...times.map(({ cpuMs }) => cpuMs)),
  record_us: (1000 * median(records.map(({ cpuMs }) => cpuMs))) / services,
};
console.log(
  `${result.pairs} pairs with ${windows} windows: refit ${result.refit_ms.toFixed(0)} ms (CPU ${result.cpu_ms.toFixed(0)} ms; ` +
    `at worst ${result.worst_ms.toFixed(0)}, CPU ${result.worst_cpu_ms.toFixed(0)} ms), the first ${result.first_ms.toFixed(0)} ms`,
);
if (values.json) console.log(JSON.stringify(result));

interface Times {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function tell(): Times {
  const made = truth.map((service) => syntheticWindow(service, index, DISTURBANCE, LOAD, random));
  return timed(() => {
    for (const window of made) quantifier.updateProfile(window);
  });
}

function timed(run: () => void): Times {
  const cpu = process.cpuUsage();
  const started = performance.now();
  run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

function median(all: readonly number[]): number {
  return [...all].sort((left, right) => left - right)[Math.floor(all.length / 2)] ?? Number.NaN;
}
