/** One set of axes with what is drawn in it. */
import type { Scale } from './scale.ts';
import { type Attributes, FAINT_INK, GRID, INK, line, polyline, text } from './svg.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Grid, numbers at the left and, if wanted, below. */
export function axes(
  box: Box,
  x: Scale,
  y: Scale,
  labels: { x?: string; yTick?: (value: number) => string },
): string[] {
  const { left, right, bottom } = box;
  const yTick = labels.yTick ?? String;
  const rows = y.ticks.flatMap((tick) => [
    line(left, y.at(tick), right, y.at(tick), { stroke: GRID }),
    text(left - 6, y.at(tick) + 3.5, yTick(tick), { 'text-anchor': 'end', fill: FAINT_INK }),
  ]);
  const columns = x.ticks.flatMap((tick) => [
    line(x.at(tick), bottom, x.at(tick), bottom + 4, { stroke: FAINT_INK }),
    ...(labels.x === undefined
      ? []
      : [text(x.at(tick), bottom + 16, String(tick), { 'text-anchor': 'middle', fill: FAINT_INK })]),
  ]);
  const name = text((left + right) / 2, bottom + 32, labels.x ?? '', {
    'text-anchor': 'middle',
    fill: FAINT_INK,
  });
  const base = line(left, bottom, right, bottom, { stroke: FAINT_INK });
  return [...rows, ...columns, base, ...(labels.x === undefined ? [] : [name])];
}

/** Values by the window; null breaks the line. */
export function course(
  values: readonly (number | null)[],
  windowMinutes: number,
  x: Scale,
  y: Scale,
  attributes: Attributes,
): string {
  const points = values.map((value, i) =>
    value === null ? undefined : ([x.at((i + 0.5) * windowMinutes), y.at(value)] as const),
  );
  return polyline(points, { 'stroke-width': 1.5, ...attributes });
}

/** A level that matters, with its name at its right end. */
export function level(box: Box, y: Scale, value: number, name: string): string[] {
  const at = y.at(value);
  return [
    line(box.left, at, box.right, at, { stroke: INK, 'stroke-dasharray': '4 3' }),
    text(box.right - 3, at - 4, name, { 'text-anchor': 'end', fill: INK }),
  ];
}
