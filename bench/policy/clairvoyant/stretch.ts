/** A stretch of a cell simulated by itself, with what is known to come. */
import { Simulator } from '../../simulator/simulator.ts';
import type { Cell } from '../cell.ts';
import { CellEvents } from '../cell-events.ts';
import { RequestLog } from '../request-log.ts';
import { type Block, give, type Schedule, segmentAt } from './schedule.ts';
import { shapeOf } from './shapes.ts';

export interface StretchOutcome {
  readonly log: RequestLog;
  /** Requests that are unanswered at its end. */
  readonly inFlight: number;
}

/** Begins with an empty system. Whatever is given takes effect at once. */
export function simulateStretch(
  cell: Cell,
  seed: number,
  stretch: Block,
  schedule: Schedule,
): StretchOutcome {
  const { application } = cell;
  const { fromSeconds, toSeconds } = stretch;
  const log = new RequestLog(application.chains.length);
  const first = segmentAt(schedule, fromSeconds);
  const simulator = new Simulator({
    application,
    ...arrivalsIn(cell, stretch),
    initial: application.services.map((service, index) => shapeOf(service, first.cores[index]!)),
    seed,
    startupSeconds: 0,
    listener: log,
  });
  const events = eventsFor(cell, fromSeconds);
  events.happen(simulator);
  const turns = schedule.filter((segment) => segment !== first && isIn(stretch, segment.fromSeconds));
  while (simulator.nowSeconds < toSeconds) {
    simulator.advanceTo(Math.min(events.nextSeconds, turns[0]?.fromSeconds ?? Infinity, toSeconds));
    events.happen(simulator);
    while (turns[0] !== undefined && turns[0].fromSeconds <= simulator.nowSeconds) {
      give(simulator, turns.shift()!);
    }
  }
  return { log, inFlight: simulator.inFlight };
}

/** Requests that arrive in it, as places in the cell's arrivals. */
export function requestsIn({ arrivals }: Cell, { fromSeconds, toSeconds }: Block) {
  return {
    first: firstFrom(arrivals.timesSeconds, fromSeconds),
    end: firstFrom(arrivals.timesSeconds, toSeconds),
  };
}

function arrivalsIn(cell: Cell, stretch: Block) {
  const { timesSeconds, chains } = cell.arrivals;
  const { first, end } = requestsIn(cell, stretch);
  return {
    arrivals: { timesSeconds: timesSeconds.subarray(first, end), chains: chains.subarray(first, end) },
    firstRequest: first,
  };
}

/** Of what was before the stretch only the demand lasts. */
function eventsFor({ events }: Cell, fromSeconds: number): CellEvents {
  return new CellEvents(
    events.flatMap((event) => {
      if (event.atSeconds >= fromSeconds) return [event];
      return event.kind === 'demand-factor' ? [{ ...event, atSeconds: 0 }] : [];
    }),
  );
}

function isIn({ fromSeconds, toSeconds }: Block, seconds: number): boolean {
  return seconds >= fromSeconds && seconds < toSeconds;
}

/** Place of the first that is not before that time. */
function firstFrom(times: Float64Array, seconds: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}
