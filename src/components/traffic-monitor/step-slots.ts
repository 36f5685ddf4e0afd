import type { TrafficStep } from '../../models/sources.ts';
import type { TimeGrid } from './time-grid.ts';

/** The part of a step that lies in one sketch slot. */
export interface StepPart {
  readonly sketch: number;
  /** Fine slots [from, to). */
  readonly fineFrom: number;
  readonly fineTo: number;
  /** What was told of before the part and up to its end, as shares of the step. */
  readonly shareFrom: number;
  readonly shareTo: number;
}

/** Cuts a step at the sketch slots that it reaches into. */
export function* partsOf(step: TrafficStep, grid: TimeGrid): Iterable<StepPart> {
  const first = grid.fineOf(step.fromSeconds);
  const end = Math.max(first + 1, grid.fineFrom(step.toSeconds));
  for (let sketch = grid.sketchOf(first); sketch <= grid.sketchOf(end - 1); sketch++) {
    const fineFrom = Math.max(first, sketch * grid.finePerSketch);
    const fineTo = Math.min(end, (sketch + 1) * grid.finePerSketch);
    const share = (fine: number) => (fine - first) / (end - first);
    yield { sketch, fineFrom, fineTo, shareFrom: share(fineFrom), shareTo: share(fineTo) };
  }
}

/** What of a whole count falls to a part. The parts of a step add up to the count. */
export function partOf(count: number, { shareFrom, shareTo }: StepPart): number {
  return Math.round(count * shareTo) - Math.round(count * shareFrom);
}
