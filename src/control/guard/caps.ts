import type { ResourceAllocation } from '../../models/data-models.ts';
import type { Caps } from '../../models/plans.ts';
import type { Settings } from '../../models/settings.ts';
import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { quantumOf } from '../in-place/steering.ts';
import { sameAllocation, shapeWithin } from '../shapes.ts';
import type { GuardStep } from './guard-step.ts';

/** What a cap counts: cores and MiB. */
interface Use {
  readonly cpu: number;
  readonly memory: number;
}

const KINDS = ['cpu', 'memory'] as const;

/** Rounding errors that count as nothing. */
const SLACK = 1e-9;

/**
 * All services together stay within the caps: what is not free cannot be grown into, however much is to be freed by
 * decreases that are held back. The services of the chains of highest priority grow first, equals in proportion.
 * Nothing is shrunk for a cap beyond what the other steps allow.
 */
export const keepWithinCaps: GuardStep = (drafts, { settings }) => {
  const { caps } = settings.control;
  if (caps === undefined || fits(total(drafts.map(({ target }) => useOf(target))), caps)) return drafts;
  let use = total(drafts.map((draft) => useOf(grows(draft) ? draft.baseline : draft.target)));
  const limited = new Map<Draft, Draft>();
  for (const equals of byPriority(drafts.filter(grows), settings)) {
    const free = freeOf(caps, use);
    const share = shareThatFits(equals, free);
    for (const draft of equals) limited.set(draft, grownWithin(draft, share, caps, settings));
    use = plus(use, total(equals.map((draft) => growthOf(limited.get(draft)!))));
  }
  return drafts.map((draft) => limited.get(draft) ?? draft);
};

function useOf({ cpu, memory, instances }: ResourceAllocation): Use {
  return { cpu: cpu * instances, memory: memory * instances };
}

function plus(left: Use, right: Use): Use {
  return { cpu: left.cpu + right.cpu, memory: left.memory + right.memory };
}

function total(uses: readonly Use[]): Use {
  return uses.reduce(plus, { cpu: 0, memory: 0 });
}

function fits(use: Use, caps: Caps): boolean {
  return KINDS.every((kind) => use[kind] <= (caps[kind] ?? Number.POSITIVE_INFINITY) * (1 + SLACK));
}

function freeOf(caps: Caps, use: Use): Use {
  const free = (kind: keyof Use) => Math.max(0, (caps[kind] ?? Number.POSITIVE_INFINITY) - use[kind]);
  return { cpu: free('cpu'), memory: free('memory') };
}

/** What the target takes more than the baseline; less of one kind does not make up for more of the other. */
function growthOf({ baseline, target }: Draft): Use {
  const [before, after] = [useOf(baseline), useOf(target)];
  return { cpu: Math.max(0, after.cpu - before.cpu), memory: Math.max(0, after.memory - before.memory) };
}

function grows(draft: Draft): boolean {
  const { cpu, memory } = growthOf(draft);
  return cpu > SLACK || memory > SLACK;
}

/** Groups by the highest priority among the chains of the service, highest first. */
function byPriority(drafts: readonly Draft[], { topology }: Settings): readonly (readonly Draft[])[] {
  const priorityOf = ({ service }: Draft) =>
    Math.max(0, ...service.chains.map((id) => topology.chains.get(id)?.slo.priority ?? 0));
  const groups = new Map<number, Draft[]>();
  for (const draft of drafts) {
    const priority = priorityOf(draft);
    groups.set(priority, [...(groups.get(priority) ?? []), draft]);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/** The share of what the drafts grow by that is free, of each kind. */
function shareThatFits(drafts: readonly Draft[], free: Use): Use {
  const growth = total(drafts.map(growthOf));
  const share = (kind: keyof Use) => (growth[kind] > free[kind] ? free[kind] / growth[kind] : 1);
  return { cpu: share('cpu'), memory: share('memory') };
}

function grownWithin(draft: Draft, share: Use, caps: Caps, { allocation }: Settings): Draft {
  const { service, baseline, target } = draft;
  const [before, growth] = [useOf(baseline), growthOf(draft)];
  const most = {
    cpu: before.cpu + share.cpu * growth.cpu,
    memory: before.memory + share.memory * growth.memory,
  };
  if (fits(useOf(target), most)) return draft;
  const limited = shapeWithin(service, most, baseline, target, quantumOf(service, allocation));
  const goes = sameAllocation(limited, baseline) ? 'Stays at' : 'Goes to';
  const explanation = `${goes} ${describeAllocation(limited)}: all services together may have ${describeCaps(caps)}, and no more is free at present (wanted: ${describeAllocation(target)}).`;
  return { ...draft, target: limited, reason: 'total-cap', explanation };
}

/** "12 cores (control.max_total_cpu) and 8192 MiB (control.max_total_memory)". */
export function describeCaps({ cpu, memory }: Caps): string {
  const parts = [
    ...(cpu === undefined ? [] : [`${formatNumber(cpu)} cores (control.max_total_cpu)`]),
    ...(memory === undefined ? [] : [`${formatNumber(memory)} MiB (control.max_total_memory)`]),
  ];
  return parts.join(' and ');
}
