/** What each policy costs and how often it breaks an objective. */
import { COLOURS, type Figure, KIND_NAMES, type Kind, kindOf, type PlottedPolicy } from './figure.ts';
import { type LabelPlace, labelPlaces } from './label-places.ts';
import { axes, type Box, level } from './panel.ts';
import { kneeScale, linearScale, type Scale } from './scale.ts';
import { element, FAINT_INK, INK, line, picture, text } from './svg.ts';

const WIDTH = 760;
const HEIGHT = 460;
const BOX: Box = { left: 64, right: 744, top: 92, bottom: 408 };
/** The goal, %: linear up to it, logarithmic beyond. */
const GOAL = 1;
const TICKS = [0, 0.5, 1, 3, 10, 30, 100];
/** Width of a letter, about. */
const LETTER = 6.8;
/** Zero stands a little above the axis. */
const ZERO = BOX.bottom - 14;

/** Left and low is better: core-hours across, violating windows upwards. */
export function tradeOffSvg({ title, policies }: Figure): string {
  const x = linearScale(Math.max(0, ...policies.map(({ coreHours }) => coreHours)), BOX.left, BOX.right, 6);
  const y = kneeScale(GOAL, 100, ZERO, BOX.top, TICKS);
  const marks = [
    text(16, 26, title, { 'font-size': 15, 'font-weight': 600 }),
    ...legend(policies),
    text(
      BOX.left - 48,
      BOX.top - 14,
      '60 s windows with a p95 over the SLO, % (linear to 1, logarithmic above)',
      { fill: FAINT_INK },
    ),
    ...axes(BOX, x, y, { x: 'allocated core-hours' }),
    ...level(BOX, y, GOAL, 'goal: 1 %'),
    ...policies.map((policy) => point(policy, x, y)),
    ...labels(policies, x, y),
  ];
  return picture(WIDTH, HEIGHT, title, marks);
}

function legend(policies: readonly PlottedPolicy[]): string[] {
  const kinds = (['product', 'ablation', 'baseline', 'bound'] as const).filter((kind) =>
    policies.some(({ name }) => kindOf(name) === kind),
  );
  let left = 20;
  return kinds.flatMap((kind) => {
    const at = left;
    left += 30 + LETTER * KIND_NAMES[kind].length;
    return [dot(at, 48, kind), text(at + 10, 52, KIND_NAMES[kind])];
  });
}

function point({ name, coreHours, violatingWindowsRatio }: PlottedPolicy, x: Scale, y: Scale): string {
  return dot(x.at(coreHours), y.at(100 * violatingWindowsRatio), kindOf(name));
}

/** Bounds are hollow. */
function dot(cx: number, cy: number, kind: Kind): string {
  const fill = kind === 'bound' ? '#ffffff' : COLOURS[kind];
  return element('circle', {
    cx,
    cy,
    r: kind === 'product' ? 6 : 4.5,
    fill,
    stroke: COLOURS[kind],
    'stroke-width': 1.5,
  });
}

/** Names beside their points; one that had to move has a line to its point. */
function labels(policies: readonly PlottedPolicy[], x: Scale, y: Scale): string[] {
  const points = policies.map(({ name, coreHours, violatingWindowsRatio }) => ({
    x: x.at(coreHours),
    y: y.at(100 * violatingWindowsRatio),
    width: LETTER * name.length,
  }));
  return labelPlaces(points, BOX).flatMap((place, i) => {
    const name = nameAt(policies[i]!.name, place);
    const { x: pointX, y: pointY } = points[i]!;
    if (place.y === pointY) return [name];
    const end = place.x + (place.anchor === 'start' ? -2 : 2);
    return [line(pointX, pointY, end, place.y, { stroke: FAINT_INK, 'stroke-width': 0.6 }), name];
  });
}

function nameAt(name: string, { x, y, anchor }: LabelPlace): string {
  const isProduct = kindOf(name) === 'product';
  const style = isProduct ? { fill: COLOURS.product, 'font-weight': 600 } : { fill: INK };
  return text(x, y + 4, name, { 'text-anchor': anchor, ...style });
}
