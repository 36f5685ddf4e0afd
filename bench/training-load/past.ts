import type { SeriesStepRow } from '../../src/models/history.ts';
import { openHistoryStore } from '../../src/store/history-store.ts';
import { seededRandom } from '../../src/utils/random.ts';

const DAY_SECONDS = 86_400;

/** Writes days of steps into a history, up to now, so that a daemon that starts on it trains at once. */
export function writePast(
  folder: string,
  chains: readonly string[],
  options: { readonly days: number; readonly stepSeconds: number; readonly rate: number },
): void {
  const store = openHistoryStore(folder);
  for (const chain of chains) store.saveSteps(stepsOf(chain, options));
  store.close();
}

/** A day's wave with noise. */
function stepsOf(
  chain: string,
  { days, stepSeconds, rate }: { readonly days: number; readonly stepSeconds: number; readonly rate: number },
): SeriesStepRow[] {
  const random = seededRandom(chain.length);
  const end = Math.floor(Date.now() / 1000 / stepSeconds);
  const count = Math.floor((days * DAY_SECONDS) / stepSeconds);
  return Array.from({ length: count }, (_, i) => {
    const startSeconds = (end - count + i) * stepSeconds;
    const wave = 1 + 0.5 * Math.sin((2 * Math.PI * startSeconds) / DAY_SECONDS);
    return {
      chain,
      startSeconds,
      rate: rate * wave * (0.9 + 0.2 * random()),
      latency: 0.05,
      errorRatio: 0.001,
    };
  });
}
