import type { PrometheusSettings } from '../../models/prometheus-settings.ts';
import { type Figure, PairColumns } from './pair-columns.ts';
import type { Pair, PairFinder } from './pairs.ts';
import type { RangeSeries } from './range-answer.ts';
import type { RangeClient, StepRange } from './range-client.ts';

export interface TrafficAnswers {
  readonly columns: ReadonlyMap<Pair, PairColumns>;
  /** Whether requests are counted by the latency histogram alone. */
  readonly countsLatencies: (pair: Pair) => boolean;
}

type FindPair = (series: RangeSeries) => Pair | undefined;

/** Asks all that the traffic of a range needs. Throws a SourceFault as soon as one answer cannot be had. */
export async function readTraffic(
  client: RangeClient,
  { queries }: PrometheusSettings,
  pairs: PairFinder,
  range: StepRange,
  signal: AbortSignal,
): Promise<TrafficAnswers> {
  const columns = new Map<Pair, PairColumns>();
  const columnsOf = (pair: Pair) => {
    const known = columns.get(pair) ?? new PairColumns(range);
    columns.set(pair, known);
    return known;
  };
  const read = async (
    name: string,
    query: string | undefined,
    find: FindPair,
    add: (of: PairColumns, series: RangeSeries) => void,
  ) => {
    if (query === undefined) return;
    for (const series of await client.ask(name, query, range, signal)) {
      const pair = find(series);
      if (pair !== undefined) add(columnsOf(pair), series);
    }
  };
  const figure = (name: Figure) => (of: PairColumns, series: RangeSeries) => of.add(name, series);
  const histogram = (of: PairColumns, series: RangeSeries) => of.addHistogram(series);
  const atService: FindPair = ({ labels }) => pairs.atService(labels);
  const ofChain: FindPair = ({ labels }) => pairs.ofChain(labels);
  await read('requests', queries.requests, atService, figure('requests'));
  await read('errors', queries.errors, atService, figure('errors'));
  await read('latency', queries.latency, atService, histogram);
  await read('latency_sum', queries.latencySum, atService, figure('latencySum'));
  await read('samples', queries.samples, atService, figure('samples'));
  await read('end_to_end', queries.endToEnd, ofChain, histogram);
  await read('end_to_end_errors', queries.endToEndErrors, ofChain, figure('errors'));
  return {
    columns,
    countsLatencies: ({ service }) => service === undefined || queries.requests === undefined,
  };
}
