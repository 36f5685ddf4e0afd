import fc from 'fast-check';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import { ManualClock, NOON } from './fixtures.ts';
import type { NaiveRecord } from './naive-monitor.ts';

export interface Step {
  /** Time that passes before the record, s. */
  readonly wait: number;
  /** How old the record is when it comes, s. */
  readonly late: number;
  readonly service: string;
  readonly chain: string;
  readonly latency: number;
  readonly isError: boolean;
  readonly count: number;
  readonly cpu: number;
}

/** Milliseconds as in real timestamps. */
const seconds = (max: number) => fc.integer({ min: 0, max: max * 1000 }).map((ms) => ms / 1000);

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof({ weight: 6, arbitrary: seconds(5) }, { weight: 2, arbitrary: seconds(90) }, seconds(900)),
  late: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: seconds(30) },
    seconds(4000),
  ),
  service: fc.constantFrom('auth', 'payment'),
  chain: fc.constantFrom('login', 'order'),
  latency: fc.double({ min: -9, max: 4, noNaN: true }).map(Math.exp),
  isError: fc.boolean(),
  count: fc.integer({ min: 1, max: 5 }),
  cpu: fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max: 2, noNaN: true })),
});

export const steps = fc.array(step, { minLength: 1, maxLength: 150 });

export interface Played {
  readonly monitor: TrafficMonitor;
  readonly clock: ManualClock;
  /** The accepted ones. */
  readonly records: readonly NaiveRecord[];
  readonly tooOld: number;
  /** Since when the monitor knows anything, s. */
  readonly watched: number;
}

export function play(script: readonly Step[], start = NOON + 17.3): Played {
  const clock = new ManualClock(start);
  const monitor = new TrafficMonitor({ clock });
  const records: NaiveRecord[] = [];
  let tooOld = 0;
  for (const { wait, late, ...what } of script) {
    clock.seconds += wait;
    const at = clock.seconds - late;
    const { service, chain, latency, isError, count, cpu } = what;
    const outcome = monitor.recordRequest(service, chain, latency, isError, at, count, cpu);
    if (outcome === 'accepted') records.push({ ...what, at });
    else tooOld++;
  }
  const watched = Math.min(start, ...records.map((record) => record.at));
  return { monitor, clock, records, tooOld, watched };
}

export const pairs = ['auth', 'payment'].flatMap((service) =>
  ['login', 'order'].map((chain) => ({ service, chain })),
);
