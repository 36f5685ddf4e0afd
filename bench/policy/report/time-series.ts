/** Load, and for each policy its cores and the worst chain's latency, over the time of the run. */
import { COLOURS, type Figure, kindOf, type PlottedPolicy, percent } from './figure.ts';
import { axes, type Box, course, level } from './panel.ts';
import { exactScale, linearScale, logScale, type Scale } from './scale.ts';
import { element, FAINT_INK, line, picture, text } from './svg.ts';

const WIDTH = 960;
const LEFT_PANEL = { left: 58, right: 470 };
const RIGHT_PANEL = { left: 536, right: 944 };
const HEAD = 46;
const ROW = 128;
const ROW_HEAD = 24;
const FOOT = 44;
/** Latencies over the SLO that are told apart; what is outside lies on the edge. */
const RATIOS = [0.1, 10] as const;
const RATIO_TICKS = [0.1, 0.3, 1, 3, 10];
const OTHERS = '#d3d9e2';

/** Small multiples: a row for the load and one for each policy, all with the same scales. */
export function timeSeriesSvg(figure: Figure): string {
  const { title, policies } = figure;
  const height = HEAD + ROW * (policies.length + 1) + FOOT;
  const marks = [
    text(16, 26, title, { 'font-size': 15, 'font-weight': 600 }),
    ...loadRow(figure),
    ...policies.flatMap((policy, i) => policyRow(figure, policy, i + 1)),
  ];
  return picture(WIDTH, height, title, marks);
}

function loadRow(figure: Figure): string[] {
  const box = boxOf(LEFT_PANEL, 0);
  const series = figure.policies[0]?.series;
  if (!series) return [];
  const x = minutesOf(figure, box);
  const y = linearScale(largest(series.requests_per_second), box.bottom, box.top, 3);
  return [
    heading(box, 'Load', 'requests/s'),
    ...background(figure, box, x),
    ...axes(box, x, y, {}),
    course(series.requests_per_second, series.window_seconds / 60, x, y, { stroke: FAINT_INK }),
    ...markNames(figure, box, x),
    ...explanation(figure),
  ];
}

function policyRow(figure: Figure, policy: PlottedPolicy, row: number): string[] {
  const cores = boxOf(LEFT_PANEL, row);
  const latency = boxOf(RIGHT_PANEL, row);
  const { name, coreHours, violatingWindowsRatio } = policy;
  const all = figure.policies.flatMap(({ series }) => series.allocated_cores);
  const coresScale = linearScale(largest(all), cores.bottom, cores.top, 3);
  const ratioScale = logScale(RATIOS, latency.bottom, latency.top, RATIO_TICKS);
  const isLast = row === figure.policies.length;
  const xName = isLast ? { x: 'minutes' } : {};
  return [
    heading(cores, name, `cores · ${coreHours.toFixed(2)} core-hours`, COLOURS[kindOf(name)]),
    heading(latency, '', `worst p95 / SLO · ${percent(violatingWindowsRatio)} of windows over it`),
    ...panel(figure, policy, cores, coresScale, ({ series }) => series.allocated_cores, xName),
    ...panel(figure, policy, latency, ratioScale, ({ series }) => series.worst_p95_over_slo, xName),
    ...level(latency, ratioScale, 1, 'SLO'),
  ];
}

/** The policy's own course before those of all others. */
function panel(
  figure: Figure,
  policy: PlottedPolicy,
  box: Box,
  y: Scale,
  valuesOf: (policy: PlottedPolicy) => readonly (number | null)[],
  names: { x?: string },
): string[] {
  const x = minutesOf(figure, box);
  const drawn = (each: PlottedPolicy, stroke: string, width: number) =>
    course(valuesOf(each), each.series.window_seconds / 60, x, y, { stroke, 'stroke-width': width });
  const others = figure.policies.filter((other) => other !== policy);
  return [
    ...background(figure, box, x),
    ...axes(box, x, y, names),
    ...others.map((other) => drawn(other, OTHERS, 0.8)),
    drawn(policy, COLOURS[kindOf(policy.name)], 1.6),
  ];
}

function background(
  { learningMinutes = 0, marks = [] }: Figure,
  { left, top, bottom }: Box,
  x: Scale,
): string[] {
  const learning = {
    x: left,
    y: top,
    width: x.at(learningMinutes) - left,
    height: bottom - top,
    fill: '#f3f5f8',
  };
  return [
    ...(learningMinutes > 0 ? [element('rect', learning)] : []),
    ...marks.map(({ minute }) =>
      line(x.at(minute), top, x.at(minute), bottom, { stroke: FAINT_INK, 'stroke-dasharray': '1 3' }),
    ),
  ];
}

function markNames({ marks = [] }: Figure, { top }: Box, x: Scale): string[] {
  return marks.map(({ minute, label }) => text(x.at(minute) + 4, top + 9, label, { fill: FAINT_INK }));
}

function explanation({ learningMinutes = 0 }: Figure): string[] {
  const { left } = RIGHT_PANEL;
  const top = boxOf(RIGHT_PANEL, 0).top + 14;
  const entries = [
    line(left, top - 4, left + 22, top - 4, { stroke: COLOURS.baseline, 'stroke-width': 1.6 }),
    text(left + 30, top, 'the policy that the row is named for'),
    line(left, top + 16, left + 22, top + 16, { stroke: OTHERS, 'stroke-width': 1.6 }),
    text(left + 30, top + 20, 'all others'),
  ];
  if (learningMinutes === 0) return entries;
  const swatch = { x: left, y: top + 30, width: 22, height: 12, fill: '#f3f5f8', stroke: OTHERS };
  return [
    ...entries,
    element('rect', swatch),
    text(left + 30, top + 40, 'for learning and tuning, not scored'),
  ];
}

function heading(box: Box, name: string, what: string, colour?: string): string {
  const bold = element(
    'tspan',
    { 'font-weight': 600, 'font-size': 12, fill: colour },
    name === '' ? '' : `${name}  `,
  );
  const rest = element('tspan', { fill: FAINT_INK }, what);
  return element('text', { x: box.left, y: box.top - 8, 'xml:space': 'preserve' }, bold, rest);
}

function boxOf({ left, right }: { left: number; right: number }, row: number): Box {
  const top = HEAD + row * ROW + ROW_HEAD;
  return { left, right, top, bottom: HEAD + (row + 1) * ROW - 10 };
}

function minutesOf({ policies }: Figure, { left, right }: Box): Scale {
  const lengths = policies.map(({ series }) => (series.allocated_cores.length * series.window_seconds) / 60);
  return exactScale(Math.max(1, ...lengths), left, right);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
