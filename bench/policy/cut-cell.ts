import type { Cell } from './cell.ts';

/** The first part of a cell: the same requests and events, up to that time. */
export function cutCell(cell: Cell, untilSeconds: number): Cell {
  const { timesSeconds, chains } = cell.arrivals;
  const after = timesSeconds.findIndex((time) => time >= untilSeconds);
  const count = after < 0 ? timesSeconds.length : after;
  const { shockSeconds, ...rest } = cell;
  return {
    ...rest,
    arrivals: { timesSeconds: timesSeconds.subarray(0, count), chains: chains.subarray(0, count) },
    events: cell.events.filter(({ atSeconds }) => atSeconds < untilSeconds),
    ...(shockSeconds !== undefined && shockSeconds < untilSeconds && { shockSeconds }),
    durationSeconds: untilSeconds,
  };
}
