import type { ChainSeries } from '../../src/models/metrics.ts';
import { seededRandom } from '../../src/utils/random.ts';

const STEP_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** A chain's minutes: a day's wave of its own size and phase, noise that lasts, and a burst now and then. */
export function trafficOf(index: number, steps: number): ChainSeries {
  const random = seededRandom(index + 1);
  const mean = 10 ** (1 + 2 * random());
  const phase = DAY_SECONDS * random();
  let drift = 0;
  let burst = 0;
  const rates = Float64Array.from({ length: steps }, (_, i) => {
    const wave = 1 + 0.5 * Math.sin((2 * Math.PI * (i * STEP_SECONDS + phase)) / DAY_SECONDS);
    drift = 0.9 * drift + 0.1 * (random() - 0.5);
    burst = random() < 0.002 ? 1 + random() : 0.8 * burst;
    return Math.max(0, mean * (wave + drift + burst + 0.1 * (random() - 0.5)));
  });
  return {
    chain: `chain-${index}`,
    startSeconds: 0,
    stepSeconds: STEP_SECONDS,
    rates,
    latencies: rates.map((rate) => 0.02 + 0.01 * (rate / mean)),
    errorRatios: rates.map(() => 0.001 * random()),
  };
}
