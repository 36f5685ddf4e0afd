import type { Minute } from './scenario-raise.ts';
import { SPAN_SECONDS } from './span-rates.ts';

/**
 * The minute as its rates would be without the chance of single arrivals, which plans know of themselves (the work of a
 * period is compound Poisson): deviations of spans from the mean are shrunk by what of their variance is Poisson's (James and
 * Stein, Estimation with quadratic loss, 1961). Those of seconds from their span were so before (`cameOf`).
 */
export function withoutChance(minute: Minute): Minute {
  let [seconds, requests, squares] = [0, 0, 0];
  for (const one of minute)
    for (const came of one.came) {
      seconds += came.seconds;
      requests += came.seconds * came.rate;
    }
  const mean = requests / seconds;
  for (const one of minute)
    for (const came of one.came) squares += came.seconds * (came.spanRate - mean) ** 2;
  const variance = squares / (seconds - SPAN_SECONDS);
  const byChance = mean / SPAN_SECONDS;
  const kept = variance > byChance ? Math.sqrt(1 - byChance / variance) : 0;
  return minute.map((one) => ({
    ...one,
    came: one.came.map(({ rate, seconds: lasting, spanRate }) => ({
      rate: Math.max(0, rate - spanRate + mean + kept * (spanRate - mean)),
      seconds: lasting,
      spanRate,
    })),
  }));
}
