import { slope } from '../replay/statistics.ts';
import { sampleOf } from './prometheus-text.ts';

const MEBIBYTE = 2 ** 20;

/** What the daemon says of itself at one moment. */
export interface SoakSample {
  readonly minutes: number;
  readonly rssMebibytes: number;
  readonly heapMebibytes: number;
  /** 99th percentile since the sample before, ms. */
  readonly eventLoopDelayP99Ms: number;
  readonly training: boolean;
  /** Unix s of the latest training; 0 before the first. */
  readonly lastTrainingSeconds: number;
}

export function soakSample(metrics: string, minutes: number): SoakSample {
  return {
    minutes,
    rssMebibytes: (sampleOf(metrics, 'process_resident_memory_bytes') ?? Number.NaN) / MEBIBYTE,
    heapMebibytes: (sampleOf(metrics, 'nodejs_heap_size_used_bytes') ?? Number.NaN) / MEBIBYTE,
    eventLoopDelayP99Ms: 1000 * (sampleOf(metrics, 'nodejs_eventloop_lag_p99_seconds') ?? Number.NaN),
    training: sampleOf(metrics, 'dta_slo_predictor_training') === 1,
    lastTrainingSeconds: sampleOf(metrics, 'dta_slo_predictor_last_training_timestamp_seconds') ?? 0,
  };
}

export interface SoakSummary {
  readonly samples: number;
  /** Growth over the last two thirds, MiB/min. */
  readonly rssSlope: number;
  readonly heapSlope: number;
  readonly highestRssMebibytes: number;
  readonly finalRssMebibytes: number;
  readonly medianEventLoopDelayP99Ms: number;
  readonly highestEventLoopDelayP99Ms: number;
  /** The highest while a training was under way or ended; absent without one. */
  readonly highestWhileTrainingMs?: number;
  readonly trained: boolean;
}

export function soakSummary(samples: readonly SoakSample[]): SoakSummary {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const minutes = settled.map((sample) => sample.minutes);
  const delays = samples.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms).sort((a, b) => a - b);
  const whileTraining = samples
    .filter((sample, index) => sample.training || trainedBetween(samples[index - 1], sample))
    .map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms);
  return {
    samples: samples.length,
    rssSlope: slope(
      minutes,
      settled.map(({ rssMebibytes }) => rssMebibytes),
    ),
    heapSlope: slope(
      minutes,
      settled.map(({ heapMebibytes }) => heapMebibytes),
    ),
    highestRssMebibytes: Math.max(...samples.map(({ rssMebibytes }) => rssMebibytes)),
    finalRssMebibytes: samples.at(-1)?.rssMebibytes ?? Number.NaN,
    medianEventLoopDelayP99Ms: delays[Math.floor(delays.length / 2)] ?? Number.NaN,
    highestEventLoopDelayP99Ms: delays.at(-1) ?? Number.NaN,
    ...(whileTraining.length > 0 && { highestWhileTrainingMs: Math.max(...whileTraining) }),
    trained: whileTraining.length > 0,
  };
}

function trainedBetween(before: SoakSample | undefined, after: SoakSample): boolean {
  return before !== undefined && after.lastTrainingSeconds > before.lastTrainingSeconds;
}
