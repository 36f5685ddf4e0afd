/** What a plan's prices say, in sentences. */
import type { CapDecision } from '../models/decisions.ts';
import type { Caps, Plan, PlannedCap, PlannedChain, PlannedService } from '../models/plans.ts';
import { describeLatency, formatNumber } from './draft.ts';

/** Names of more chains than this only fill the page. */
const MOST_NAMES = 5;

/** Savings below this share of the plan's cost are not worth a sentence. */
const WORTH_SAYING = 0.005;

const KEYS = { cpu: 'control.max_total_cpu', memory: 'control.max_total_memory' } as const;
const UNITS = { cpu: 'cores', memory: 'MiB' } as const;
const ONE = { cpu: 'One core', memory: 'One MiB' } as const;

/** What the chain's SLO costs, and who carries its latency. */
export function explainChain(chain: PlannedChain, givenUp: ReadonlySet<string>): string {
  const slo = describeLatency(chain.sloSeconds);
  const carried =
    chain.binding.length === 0 ? '' : ` Most of its time goes by in ${chain.binding.join(', ')}.`;
  if (!chain.feasible) {
    const best = Number.isFinite(chain.achievableLatency)
      ? `at best ${describeLatency(chain.achievableLatency)}`
      : 'a service cannot carry its load';
    return `${slo} cannot be met with everything at its upper bound: ${best}.${carried}`;
  }
  if (givenUp.has(chain.id)) {
    return `A cap on all services together keeps it from ${slo}: expected at ${describeLatency(chain.expectedLatency)}.${carried}`;
  }
  if (!(chain.shadowPrice > 0)) {
    return `${slo} costs nothing: what others need, or the least sizes, keep it at ${describeLatency(chain.expectedLatency)}.`;
  }
  return `10 ms more than ${slo} would save ${formatNumber(chain.coresPer10Ms ?? 0)} cores (cost ${formatNumber(0.01 * chain.shadowPrice)}).${carried}`;
}

/** What looser bounds of the service would save, where that is worth saying; else nothing. */
export function explainBounds(planned: PlannedService, cost: number): string {
  const isWorth = (saves: number | undefined): saves is number => (saves ?? 0) > WORTH_SAYING * cost;
  const { maxCpuSaves, maxInstancesSaves } = planned;
  const parts = [
    ...(isWorth(maxCpuSaves) ? [`one core more of max_cpu would save ${formatNumber(maxCpuSaves)}`] : []),
    ...(isWorth(maxInstancesSaves)
      ? [`one instance more of max_instances ${formatNumber(maxInstancesSaves)}`]
      : []),
  ];
  return parts.length === 0
    ? ''
    : ` Its bounds cost: at first ${parts.join(', ')} of the ${formatNumber(cost)} that all costs.`;
}

/** One entry a cap, `used` being what was decided takes. */
export function explainCaps(
  plan: Plan,
  givenUp: ReadonlySet<string>,
  used: Required<Caps>,
): readonly CapDecision[] {
  const { caps } = plan;
  if (caps === undefined) return [];
  return (['cpu', 'memory'] as const).flatMap((resource) => {
    const cap = caps[resource];
    if (cap === undefined) return [];
    const { limit, binds, shadowPrice, used: planned, wanted } = cap;
    const explanation = explainCap(resource, cap, plan, givenUp);
    return { resource, limit, wanted, planned, used: used[resource], binds, shadowPrice, explanation };
  });
}

function explainCap(
  resource: 'cpu' | 'memory',
  { limit, wanted, least, binds, shadowPrice }: PlannedCap,
  { caps, chains }: Plan,
  givenUp: ReadonlySet<string>,
): string {
  const has = `${KEYS[resource]} allows ${formatNumber(limit)} ${UNITS[resource]}`;
  if (least > limit * (1 + 1e-9))
    return `${has}, and even the least shapes of all services take ${formatNumber(least)}.`;
  if (!binds) return `${has}, ${formatNumber(wanted)} are needed.`;
  const wants = `${has}, ${formatNumber(wanted)} would be needed`;
  if (givenUp.size === 0) return `${wants}: margins are smaller, and all SLOs are kept.`;
  const late = chains.filter(({ id }) => givenUp.has(id));
  const names = late.slice(0, MOST_NAMES).map(describeLate);
  const more = late.length > MOST_NAMES ? ` and ${late.length - MOST_NAMES} more chains` : '';
  const starved =
    caps!.starved.length === 0
      ? ''
      : ` The load of ${caps!.starved.slice(0, MOST_NAMES).join(', ')} cannot be carried.`;
  return `${wants}: ${names.join(', ')}${more}.${starved} ${ONE[resource]} more would lower the weighted violation of ${formatNumber(caps!.violation)} at first by ${formatNumber(shadowPrice)}.`;
}

function describeLate({ id, expectedLatency, sloSeconds }: PlannedChain): string {
  const expected = Number.isFinite(expectedLatency) ? describeLatency(expectedLatency) : 'no bound';
  return `${id} is expected at ${expected} of ${describeLatency(sloSeconds)}`;
}
