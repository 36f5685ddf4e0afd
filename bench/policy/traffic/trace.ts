/** A recorded trace becomes the traffic of a run. */
import { type RateTrace, traceSeconds } from '../../replay/arrivals.ts';
import { readTrace } from '../../replay/trace-file.ts';

const DAY_SECONDS = 86_400;

/**
 * Reads a trace (csv or csv.gz: seconds,requests) and fits it to a run: one day of a trace of a day or more, else all
 * of it, is compressed into the run; what is shorter than the run repeats. A gap of the recorder stays a gap.
 *
 * @returns rates as recorded, in buckets that cover the run exactly or a little more
 * @throws Error that names the file
 */
export function readTraffic(file: string, runSeconds: number): RateTrace {
  try {
    return fitToRun(readTrace(file), runSeconds);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

export function fitToRun(trace: RateTrace, runSeconds: number): RateTrace {
  const part = traceSeconds(trace) < DAY_SECONDS ? trace : firstFullDay(trace);
  const bucketSeconds = part.bucketSeconds * Math.min(1, runSeconds / traceSeconds(part));
  const { ratesPerSecond: recorded } = part;
  const buckets = Math.ceil(runSeconds / bucketSeconds - 1e-6);
  const ratesPerSecond = Float64Array.from({ length: buckets }, (_, i) => recorded[i % recorded.length]!);
  return { bucketSeconds, ratesPerSecond };
}

/** The first whole day, from the trace's start on, in which at most half of the buckets are empty. */
function firstFullDay(trace: RateTrace): RateTrace {
  const { bucketSeconds, ratesPerSecond } = trace;
  const buckets = Math.floor(DAY_SECONDS / bucketSeconds);
  for (let start = 0; start + buckets <= ratesPerSecond.length; start += buckets) {
    const day = ratesPerSecond.subarray(start, start + buckets);
    if (day.filter((rate) => rate === 0).length <= buckets / 2) return { bucketSeconds, ratesPerSecond: day };
  }
  throw new Error('found no day with requests in half of its buckets, allowed: at least one');
}

/** One request/s, in buckets of a second. */
export function constantTrace(runSeconds: number): RateTrace {
  return { bucketSeconds: 1, ratesPerSecond: new Float64Array(Math.ceil(runSeconds)).fill(1) };
}

/** Each bucket's rate times the factor in its middle. */
export function multiplied(
  { bucketSeconds, ratesPerSecond }: RateTrace,
  factorAt: (seconds: number) => number,
): RateTrace {
  const changed = ratesPerSecond.map((rate, bucket) => rate * factorAt((bucket + 0.5) * bucketSeconds));
  return { bucketSeconds, ratesPerSecond: changed };
}

/**
 * The same shape with another mean over the run.
 *
 * @param mean of the rate times the weight (requests/s with the default weight of 1)
 * @throws Error when there is no request in the run
 */
export function scaledToMean(
  trace: RateTrace,
  runSeconds: number,
  mean: number,
  weightAt: (seconds: number) => number = () => 1,
): RateTrace {
  const { bucketSeconds, ratesPerSecond } = trace;
  const total = ratesPerSecond.reduce((sum, rate, bucket) => {
    const start = bucket * bucketSeconds;
    const width = Math.max(0, Math.min(bucketSeconds, runSeconds - start));
    return sum + rate * width * weightAt(start + width / 2);
  }, 0);
  if (!(total > 0)) throw new Error('found no requests in the run, allowed: some');
  const factor = (mean * runSeconds) / total;
  return { bucketSeconds, ratesPerSecond: ratesPerSecond.map((rate) => rate * factor) };
}
