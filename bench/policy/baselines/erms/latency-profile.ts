/**
 * Latency of a service as a piecewise-linear function of the workload of one container (Luo et al., "Erms: Efficient
 * Resource Management for Shared Microservices with SLA Guarantees", ASPLOS 2023, section 5.2): one line below a cut-off
 * and a steeper one above it. Interference, which bends the paper's lines, does not exist in the simulator.
 */

export interface ProfileSample {
  /** Visits/s of one container. */
  readonly workload: number;
  /** p95 of the time in the service, s. */
  readonly latencySeconds: number;
}

export interface Line {
  /** Seconds for each visit/s of a container; above 0. */
  readonly slope: number;
  /** Seconds. */
  readonly intercept: number;
}

export interface LatencyProfile {
  readonly below: Line;
  readonly above: Line;
  /** Visits/s of one container where the lines change. */
  readonly cutoff: number;
  /** Smallest and largest workload that was seen. */
  readonly smallestWorkload: number;
  readonly largestWorkload: number;
}

const FEWEST_PER_SIDE = 3;
/** A line is never flatter than this part of its mean latency over its mean workload: more load is never free. */
const LEAST_SLOPE = 0.02;

/** The two lines with the least squared errors over all cut-offs that leave some samples on each side; needs one sample. */
export function fitProfile(samples: readonly ProfileSample[]): LatencyProfile {
  const sorted = [...samples].sort((a, b) => a.workload - b.workload);
  const whole = fitLine(sorted);
  let best = { below: whole, above: whole, cutoff: 0, error: squaredError(sorted, whole) };
  for (let cut = FEWEST_PER_SIDE; cut <= sorted.length - FEWEST_PER_SIDE; cut++) {
    const [low, high] = [sorted.slice(0, cut), sorted.slice(cut)];
    const [below, above] = [fitLine(low), fitLine(high)];
    const error = squaredError(low, below) + squaredError(high, above);
    if (above.slope < below.slope || error >= best.error) continue;
    best = { below, above, error, cutoff: crossing(below, above) };
  }
  const { below, above, cutoff } = best;
  const [smallestWorkload, largestWorkload] = [sorted[0]!.workload, sorted.at(-1)!.workload];
  return { below, above, cutoff, smallestWorkload, largestWorkload };
}

function crossing(below: Line, above: Line): number {
  const difference = above.slope - below.slope;
  return difference <= 0 ? 0 : Math.max(0, (below.intercept - above.intercept) / difference);
}

function fitLine(samples: readonly ProfileSample[]): Line {
  const workload = mean(samples.map((sample) => sample.workload));
  const latency = mean(samples.map((sample) => sample.latencySeconds));
  let [across, along] = [0, 0];
  for (const sample of samples) {
    across += (sample.workload - workload) * (sample.latencySeconds - latency);
    along += (sample.workload - workload) ** 2;
  }
  const least = (LEAST_SLOPE * latency) / workload;
  const slope = Math.max(least, along > 0 ? across / along : least);
  return { slope, intercept: latency - slope * workload };
}

function squaredError(samples: readonly ProfileSample[], line: Line): number {
  return samples.reduce(
    (sum, { workload, latencySeconds }) =>
      sum + (latencySeconds - line.intercept - line.slope * workload) ** 2,
    0,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
