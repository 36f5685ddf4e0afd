import type { PassTrigger } from '../models/decisions.ts';
import type { PassMemory } from './books/pass-memory.ts';
import { BURN_SECONDS, burnRate } from './objectives/objectives.ts';
import {
  type ChainTraffic,
  chainRate,
  isJudged,
  isSlow,
  standsOut,
  trafficByChain,
} from './observe/chain-traffic.ts';
import { type ObserveSources, readMetrics } from './observe/read-metrics.ts';

/** Load is compared with the plan's over this long, s. */
const JUMP_SECONDS = 30;

type EarlyParts = Pick<ObserveSources, 'traffic' | 'settings'> & { readonly memory: PassMemory };

export interface EarlyReason {
  readonly trigger: PassTrigger;
  readonly chain: string;
}

/** Why a pass cannot wait for its turn: a chain burns its error budget, or carries more than was planned for. */
export function reasonForEarlyPass(parts: EarlyParts, now: number): EarlyReason | undefined {
  const burning = burningChain(parts, now);
  if (burning !== undefined) return { trigger: 'burn-rate', chain: burning };
  const jumped = [...trafficByChain(readMetrics(parts, JUMP_SECONDS, now), parts.settings.topology)].find(
    ([chain, traffic]) =>
      hasJumped(chainRate(traffic), parts.memory.plannedRate(chain), parts.settings.control.loadJump),
  );
  return jumped && { trigger: 'load-jump', chain: jumped[0] };
}

/**
 * The first chain that burns fast, or misses its percentile, over both windows: the long one says that it matters, the
 * short one that it still goes on. Site Reliability Workbook (Beyer et al. 2018), chapter 5, "Multiwindow, Multi-Burn-Rate
 * Alerts". A minute with too few requests to tell says the same as the minutes around it.
 */
function burningChain(parts: EarlyParts, now: number): string | undefined {
  const limit = parts.settings.control.burnRate;
  const burns = (traffic: ChainTraffic) => (burnRate(traffic) ?? 0) >= limit || isSlow(traffic);
  const over = (seconds: number) => trafficByChain(readMetrics(parts, seconds, now), parts.settings.topology);
  const short = [...over(BURN_SECONDS.short)].filter(([, traffic]) => !isJudged(traffic) || burns(traffic));
  if (short.length === 0) return undefined;
  const long = over(BURN_SECONDS.long);
  return short.find(([chain]) => burns(long.get(chain)!))?.[0];
}

function hasJumped(rate: number | undefined, planned: number | undefined, factor: number): boolean {
  if (rate === undefined || planned === undefined) return false;
  return rate > planned * factor && standsOut(rate, planned, JUMP_SECONDS);
}
