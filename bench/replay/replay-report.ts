import type { CapacityChange } from './closed-loop.ts';
import type { MinutePoint, RunScores } from './scored-run.ts';
import type { PoolShape } from './server-pool.ts';

export interface NamedScores {
  readonly name: string;
  readonly scores: RunScores;
}

/** The runs side by side as a Markdown table: first what the chains got, then what it cost. */
export function scoreTable(runs: readonly NamedScores[]): string {
  const chains = runs[0]?.scores.chains ?? [];
  const header = ['', ...runs.map(({ name }) => name)];
  const perChain = chains.flatMap(({ chain, sloSeconds }, index) => [
    [
      `${chain}: 60 s windows with p95 over ${sloSeconds} s`,
      ...runs.map(({ scores }) => percent(scores.chains[index]!.windowsOverSlo)),
    ],
    [
      `${chain}: requests over the SLO or failed`,
      ...runs.map(({ scores }) => percent(scores.chains[index]!.requestsOverSlo)),
    ],
    [`${chain}: median / highest window p95`, ...runs.map(({ scores }) => p95s(scores, index))],
  ]);
  const totals = [
    ['core-hours allocated', ...runs.map(({ scores }) => scores.coreHours.toFixed(2))],
    ['mean utilisation', ...runs.map(({ scores }) => percent(scores.utilization))],
  ];
  return markdown([header, ...perChain, ...totals]);
}

/** Load and cores of every `every`-th minute. */
export function minuteTable(
  minutes: readonly MinutePoint[],
  services: readonly string[],
  every: number,
): string {
  const header = ['minute', 'requests/s', ...services.map((id) => `${id} cores`), 'utilisation'];
  const rows = minutes
    .filter(({ minute }) => minute % every === 0)
    .map((point) => [
      String(point.minute),
      point.requestsPerSecond.toFixed(0),
      ...point.cores.map((cores) => cores.toFixed(2)),
      percent(point.utilization),
    ]);
  return markdown([header, ...rows]);
}

/** What took effect when, and why. */
export function changeList(changes: readonly CapacityChange[]): string {
  const lines = changes.map(({ atSeconds, from, to }) => {
    const minute = (atSeconds / 60).toFixed(1).padStart(6);
    return `${minute} min  ${to.id} ${sizeText(from)} → ${sizeText(to)} cores, ${to.reason}: ${to.explanation}`;
  });
  return lines.join('\n');
}

export function sizeText({ cpu, instances }: PoolShape): string {
  return `${instances} × ${Number(cpu.toFixed(2))}`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;
}

function p95s(scores: RunScores, chain: number): string {
  const { medianP95Seconds, highestP95Seconds } = scores.chains[chain]!;
  return `${milliseconds(medianP95Seconds)} / ${milliseconds(highestP95Seconds)}`;
}

function milliseconds(seconds: number): string {
  if (seconds === Infinity) return 'failed';
  return Number.isNaN(seconds) ? '–' : `${(1000 * seconds).toFixed(0)} ms`;
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [header, ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = (header ?? []).map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(header ?? []), line(rule), ...body.map(line)].join('\n');
}
