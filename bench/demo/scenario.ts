/** The built-in workload of the demo: two hours with a day's shape, a burst, and a service that slows down. */
import type { RateTrace } from '../replay/arrivals.ts';

const BUCKET_SECONDS = 10;

export const SCENARIO = {
  seconds: 7200,
  quietRate: 12,
  busyRate: 45,
  burst: { fromSeconds: 2700, untilSeconds: 3000, factor: 2 },
  slowdown: { service: 'payment-service', fromSeconds: 4800, factor: 1.6 },
  /** Mean CPU of one visit, core-seconds. */
  demands: { authDemand: 0.03, paymentDemand: 0.045 },
} as const;

export function scenarioTrace(): RateTrace {
  const buckets = SCENARIO.seconds / BUCKET_SECONDS;
  const rates = Float64Array.from({ length: buckets }, (_, bucket) => rateAt(bucket * BUCKET_SECONDS));
  return { bucketSeconds: BUCKET_SECONDS, ratesPerSecond: rates };
}

/** From quiet over busy in the middle to quiet again, and the burst on top of it. */
function rateAt(seconds: number): number {
  const { quietRate, busyRate, burst } = SCENARIO;
  const day = (1 - Math.cos((2 * Math.PI * seconds) / SCENARIO.seconds)) / 2;
  const inBurst = seconds >= burst.fromSeconds && seconds < burst.untilSeconds;
  return (quietRate + (busyRate - quietRate) * day) * (inBurst ? burst.factor : 1);
}
