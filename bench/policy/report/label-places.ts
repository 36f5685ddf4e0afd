/** Where the names of points can stand without lying on each other or on points. */
import type { Box } from './panel.ts';

export interface NamedPoint {
  readonly x: number;
  readonly y: number;
  /** Of the name. */
  readonly width: number;
}

export interface LabelPlace {
  /** Where the name begins or, left of its point, ends; y of its middle. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

const HEIGHT = 13;
const GAP = 10;
const POINT_RADIUS = 6;
const MOST_MOVES = 24;

/** Each name goes as near to its point as those before it allow, right of it rather than left. */
export function labelPlaces(points: readonly NamedPoint[], within: Box): LabelPlace[] {
  const taken: Box[] = points.map(({ x, y }) =>
    around(x - POINT_RADIUS, x + POINT_RADIUS, y, 2 * POINT_RADIUS),
  );
  return points.map((point) => {
    const candidates = candidatesOf(point);
    const free = candidates.find((place) => {
      const box = boxOf(place, point.width);
      return isInside(box, within) && !taken.some((other) => overlap(box, other));
    });
    const place = free ?? candidates[0]!;
    taken.push(boxOf(place, point.width));
    return place;
  });
}

function candidatesOf({ x, y }: NamedPoint): LabelPlace[] {
  return Array.from({ length: MOST_MOVES }, (_, i) => {
    const at = y + (i % 2 === 0 ? 1 : -1) * Math.ceil(i / 2) * HEIGHT;
    return [
      { x: x + GAP, y: at, anchor: 'start' },
      { x: x - GAP, y: at, anchor: 'end' },
    ] as const;
  }).flat();
}

function boxOf({ x, y, anchor }: LabelPlace, width: number): Box {
  return anchor === 'start' ? around(x, x + width, y, HEIGHT) : around(x - width, x, y, HEIGHT);
}

function around(left: number, right: number, y: number, height: number): Box {
  return { left, right, top: y - height / 2, bottom: y + height / 2 };
}

function isInside(box: Box, within: Box): boolean {
  const { left, right, top, bottom } = within;
  return box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom;
}

function overlap(a: Box, b: Box): boolean {
  const e = 0.01;
  return a.left < b.right - e && b.left < a.right - e && a.top < b.bottom - e && b.top < a.bottom - e;
}
