/** What each policy costs and how often it breaks an objective. */
import { COLOURS, type Figure, KIND_NAMES, type Kind, kindOf, type PlottedPolicy } from './figure.ts';
import { axes, type Box, level } from './panel.ts';
import { kneeScale, linearScale, type Scale } from './scale.ts';
import { element, FAINT_INK, INK, line, picture, text } from './svg.ts';

const WIDTH = 760;
const HEIGHT = 460;
const BOX: Box = { left: 64, right: 744, top: 92, bottom: 408 };
/** The goal, %: linear up to it, logarithmic beyond. */
const GOAL = 1;
const TICKS = [0, 0.5, 1, 3, 10, 30, 100];
const LABEL_HEIGHT = 13;

/** Left and low is better: core-hours across, violating windows upwards. */
export function tradeOffSvg({ title, policies }: Figure): string {
  const x = linearScale(Math.max(0, ...policies.map(({ coreHours }) => coreHours)), BOX.left, BOX.right, 6);
  const y = kneeScale(GOAL, 100, BOX.bottom, BOX.top, TICKS);
  const marks = [
    text(16, 26, title, { 'font-size': 15, 'font-weight': 600 }),
    ...legend(policies),
    text(BOX.left - 48, BOX.top - 14, '60 s windows with a p95 over the SLO, %', { fill: FAINT_INK }),
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
    left += 30 + 6.2 * KIND_NAMES[kind].length;
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

interface Label {
  readonly policy: PlottedPolicy;
  readonly x: number;
  readonly width: number;
  /** Where its point is, and where the label has room. */
  readonly pointY: number;
  y: number;
}

/** Names beside their points, each as low as it can be without lying on one before it; with a line when moved. */
function labels(policies: readonly PlottedPolicy[], x: Scale, y: Scale): string[] {
  const wanted = policies.map((policy): Label => {
    const pointY = y.at(100 * policy.violatingWindowsRatio);
    return { policy, x: x.at(policy.coreHours), width: 6.3 * policy.name.length + 10, pointY, y: pointY };
  });
  const placed: Label[] = [];
  for (const label of wanted.sort((a, b) => b.pointY - a.pointY || a.x - b.x)) {
    for (let other = hidden(label, placed); other; other = hidden(label, placed))
      label.y = other.y - LABEL_HEIGHT;
    placed.push(label);
  }
  return placed.flatMap(labelMarks);
}

function hidden(label: Label, placed: readonly Label[]): Label | undefined {
  return placed.find(
    (other) =>
      Math.abs(other.y - label.y) < LABEL_HEIGHT - 0.01 &&
      startOf(other) < startOf(label) + label.width &&
      startOf(label) < startOf(other) + other.width,
  );
}

/** Right of the point, or left of it where the picture ends. */
function startOf({ x, width }: Label): number {
  return x + 10 + width > BOX.right ? x - 10 - width : x + 10;
}

function labelMarks(label: Label): string[] {
  const { policy, x, y, pointY, width } = label;
  const start = startOf(label);
  const isLeft = start < x;
  const near = isLeft ? start + width : start;
  const fill = kindOf(policy.name) === 'product' ? COLOURS.product : INK;
  const name = text(near, y + 4, policy.name, {
    'text-anchor': isLeft ? 'end' : undefined,
    fill,
    'font-weight': kindOf(policy.name) === 'product' ? 600 : undefined,
  });
  const isMoved = Math.abs(y - pointY) > 1;
  const leader = line(x, pointY, near + (isLeft ? 2 : -2), y, { stroke: FAINT_INK, 'stroke-width': 0.5 });
  return isMoved ? [leader, name] : [name];
}
