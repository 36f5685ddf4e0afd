import type { PassTrigger } from '../models/decisions.ts';
import type { PassMemory } from './books/pass-memory.ts';
import { BURN_SECONDS, burnRates } from './objectives/objectives.ts';
import { chainRate, standsOut, trafficByChain } from './observe/chain-traffic.ts';
import { type ObserveSources, readMetrics } from './observe/observation.ts';

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
 * The first chain that burns fast over both windows: the long one says that it matters, the short one that it still
 * goes on. Site Reliability Workbook (Beyer et al. 2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
 */
function burningChain(parts: EarlyParts, now: number): string | undefined {
  const limit = parts.settings.control.burnRate;
  const short = [...burnRates(parts, BURN_SECONDS.short, now)].filter(([, rate]) => rate >= limit);
  if (short.length === 0) return undefined;
  const long = burnRates(parts, BURN_SECONDS.long, now);
  return short.find(([chain]) => (long.get(chain) ?? 0) >= limit)?.[0];
}

function hasJumped(rate: number | undefined, planned: number | undefined, factor: number): boolean {
  if (rate === undefined || planned === undefined) return false;
  return rate > planned * factor && standsOut(rate, planned, JUMP_SECONDS);
}
