import type { ActiveFreeze } from '../../models/daemon.ts';
import type { ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';
import { describeLocalTime } from '../../models/zoned-time.ts';
import { type Draft, describeAllocation } from '../draft.ts';
import { noLessThan, sameAllocation } from '../shapes.ts';
import { freezeAt } from './freeze-windows.ts';
import type { GuardStep } from './guard-step.ts';

/** In a freeze window nothing shrinks and nothing changes its shape; growing goes on unless that is frozen too. */
export const holdWhileFrozen: GuardStep = (drafts, { settings, observation }) => {
  const freeze = freezeAt(settings.control.freezeWindows, observation.atSeconds);
  return freeze === undefined ? drafts : drafts.map((draft) => frozen(draft, freeze));
};

function frozen(draft: Draft, freeze: ActiveFreeze): Draft {
  const { service, baseline } = draft;
  const target = targetIn(freeze, service, baseline, draft.target);
  if (sameAllocation(target, draft.target)) return draft;
  const goes = sameAllocation(target, baseline) ? 'Stays at' : 'Goes to';
  const explanation = `${goes} ${describeAllocation(target)}: ${because(freeze)} (wanted: ${describeAllocation(draft.target)}).`;
  return { ...draft, target, reason: 'frozen', explanation };
}

/** Whether an open window keeps a service from going from one allocation to the other. */
export function isFrozen(
  freeze: ActiveFreeze,
  service: ServiceSpec,
  { from, to }: { readonly from: ResourceAllocation; readonly to: ResourceAllocation },
): boolean {
  return !sameAllocation(targetIn(freeze, service, from, to), to);
}

function targetIn(
  { growth }: ActiveFreeze,
  service: ServiceSpec,
  from: ResourceAllocation,
  to: ResourceAllocation,
): ResourceAllocation {
  return growth === 'hold' ? from : noLessThan(service, to, from);
}

function because({ reason, growth, timezone, untilSeconds }: ActiveFreeze): string {
  const what = growth === 'hold' ? 'all changes are' : 'everything but growing is';
  const until =
    untilSeconds === undefined ? 'without an end' : `until ${describeLocalTime(timezone, untilSeconds)}`;
  return `${what} frozen ${until} ("${reason}")`;
}
