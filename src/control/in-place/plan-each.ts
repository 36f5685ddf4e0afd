import type { PassTrigger } from '../../models/decisions.ts';
import type { PlanOutcome, PlanRequest } from '../../models/ports.ts';
import type { Draft } from '../draft.ts';
import type { ControlParts } from '../parts.ts';

export interface PlannedEach {
  /** What chains are evaluated with from here on. */
  readonly request: PlanRequest;
  /** What the decision is said to be for: where services roll too, the load that these were planned for. */
  readonly told: PlanRequest;
  readonly outcome: PlanOutcome;
}

/**
 * Plans every service for the load that it must carry until its next change: that of the next half minute for services
 * that are resized in place, that until the next whole pass has taken effect (`request`) for the others.
 */
export function planEach(
  { planner, settings }: Pick<ControlParts, 'planner' | 'settings'>,
  request: PlanRequest,
  near: Pick<PlanRequest, 'loads' | 'surges'> | undefined,
  trigger: PassTrigger,
): PlannedEach {
  if (near === undefined) return { request, told: request, outcome: planner.plan(request) };
  const soon = { ...request, ...near };
  const services = settings.topology.services;
  const areAll = [...services.values()].every(({ mode }) => mode === 'in-place');
  const outcome = areAll || trigger === 'in-place' ? planner.plan(soon) : planner.tryPlan(soon);
  if (areAll || trigger === 'in-place') return { request: soon, told: soon, outcome };
  const whole = planner.plan(request);
  const planned = new Map(whole.plan.services.map((service) => [service.id, service]));
  const mixed = outcome.plan.services.map((service) =>
    services.get(service.id)?.mode === 'in-place' ? service : (planned.get(service.id) ?? service),
  );
  return {
    request: soon,
    told: request,
    outcome: { ...outcome, plan: { ...outcome.plan, services: mixed } },
  };
}

/** Services that are not resized in place wait for the next whole pass; what was said of them last still holds. */
export function waitForWholePass(
  drafts: readonly Draft[],
  trigger: PassTrigger,
  { latest }: ControlParts['memory'],
): readonly Draft[] {
  if (trigger !== 'in-place') return drafts;
  const said = new Map(latest?.services.map((service) => [service.id, service]));
  return drafts.map(({ service, baseline, ...draft }) => {
    if (service.mode === 'in-place') return { service, baseline, ...draft };
    const { reason = 'no-change', explanation = 'Waits for the next pass over all services.' } =
      said.get(service.id) ?? {};
    return { service, baseline, target: baseline, reason, explanation };
  });
}
