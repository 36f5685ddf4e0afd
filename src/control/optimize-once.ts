import type { ResourceAllocation } from '../models/data-models.ts';
import type { Decision, PassTrigger, ServiceDecision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import type { ForecastOutcome } from '../models/forecasts.ts';
import type { PlanRequest } from '../models/ports.ts';
import { assumeApplied } from './capacities.ts';
import { chainsGivenUp } from './caps.ts';
import { corrections } from './corrections.ts';
import { decide } from './decide.ts';
import type { Draft } from './draft.ts';
import { guard } from './guard/guard.ts';
import { demandFactors } from './in-place/demand-check.ts';
import { type PlannedEach, planEach, waitForWholePass } from './in-place/plan-each.ts';
import { anyInPlace, type Steering, steeringOf } from './in-place/steering.ts';
import { learn, learnProvisionally } from './learn.ts';
import { type Observation, observe, remembered } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';
import { leadSteps, planRequest } from './plan-request.ts';
import { propose } from './propose.ts';

/**
 * One pass: observe → forecast → profile → allocate → guard → remember → apply (DESIGN section 1). Applying goes on in the
 * background, where every change is verified: a rollout takes minutes, and the next pass must not wait for it.
 */
export async function optimizeOnce(
  parts: ControlParts,
  trigger: PassTrigger,
  signal?: AbortSignal,
): Promise<Decision> {
  await parts.cluster.look(signal);
  const startedMs = performance.now();
  const observation = observe(parts, parts.clock.nowSeconds());
  profile(parts, observation);
  const forecasts = await forecast(parts);
  const whole = corrected(parts, observation, planRequest(parts, observation, forecasts));
  const near = nearLoads(parts, observation, whole, forecasts);
  const planned = planEach(parts, whole, near, trigger);
  const { request, told, outcome } = planned;
  const drafts = guarded(parts, observation, planned, trigger);
  const expected = parts.planner.evaluate(request, targetsOf(drafts));
  if (near !== undefined) parts.nearLoads.keepCurves(parts.planner, request, outcome.plan);
  const durationMs = performance.now() - startedMs;
  const id = decisionId(parts, observation.atSeconds);
  const decision = decide(parts, {
    id,
    trigger,
    observation,
    request: told,
    plan: outcome.plan,
    drafts,
    expected,
    durationMs,
  });
  remember(parts, decision, request, forecasts);
  assumeApplied(parts, decision);
  // Remembered before it is carried out: what changes can be explained and undone.
  parts.rollouts.begin(decision);
  return decision;
}

/** A forecast that cannot be had costs foresight and nothing else: the plan then follows the present load. */
async function forecast(parts: ControlParts): Promise<ReadonlyMap<string, ForecastOutcome>> {
  try {
    const outcomes = await parts.predictor.predict(parts.series.series(), leadSteps(parts.settings));
    return new Map(outcomes.map((outcome) => [outcome.chain, outcome]));
  } catch (error) {
    parts.logger.error(
      { error: messageOf(error) },
      'no forecast in this pass; planning for the present load',
    );
    return new Map();
  }
}

/** Undefined where no service is resized in place. */
function nearLoads(
  parts: ControlParts,
  observation: Observation,
  { slowness = new Map() }: PlanRequest,
  forecasts: ReadonlyMap<string, ForecastOutcome>,
): Pick<PlanRequest, 'loads' | 'surges'> | undefined {
  if (!anyInPlace(parts.settings.topology)) return undefined;
  const loads = parts.nearLoads.update(parts, observation, forecasts, slowness);
  return { loads, surges: parts.nearLoads.surges() };
}

function profile(parts: ControlParts, { atSeconds }: Observation): void {
  learn(parts, atSeconds);
  learnProvisionally(parts, atSeconds);
}

function guarded(
  parts: ControlParts,
  observation: Observation,
  { request, told, outcome }: PlannedEach,
  trigger: PassTrigger,
): readonly Draft[] {
  const { settings, profiles, capacities, memory, planner, targets, changes, sourceTrouble } = parts;
  const givenUp = chainsGivenUp(outcome.plan);
  const infeasible = new Set([
    ...outcome.plan.chains.filter((chain) => !chain.feasible).map((chain) => chain.id),
    ...givenUp,
  ]);
  const proposed = propose(outcome, {
    settings,
    observation,
    profiles,
    capacities,
    expectedNow: expectedNow(parts, observation, request),
    demands: new Map(outcome.plan.services.map(({ id, demandCores }) => [id, demandCores])),
    infeasible,
    givenUp,
    measuredMemory: request.workingSets,
    loads: told.loads,
    baselines: baselines(parts),
  });
  const { atSeconds } = observation;
  return guard(waitForWholePass(proposed, trigger, memory), {
    settings,
    observation,
    profiles,
    recentPlans: bySteering(settings, 'stabilization', (seconds) =>
      memory.plansSince(atSeconds - seconds, atSeconds),
    ),
    shrunkSeconds: bySteering(settings, 'effect', (seconds) =>
      memory.shrunkSince(atSeconds - seconds, atSeconds),
    ),
    evaluate: (allocations) => planner.evaluate(request, allocations),
    infeasible,
    givenUp,
    targets,
    changes,
    sourceTrouble,
  });
}

/** What was since then, for each service after its own time. */
function bySteering<Value>(
  settings: ControlParts['settings'],
  time: keyof Pick<Steering, 'stabilization' | 'effect'>,
  since: (seconds: number) => ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  const values = remembered(since);
  return new Map(
    [...settings.topology.services.values()].flatMap((service): [string, Value][] => {
      const value = values(steeringOf(service, settings)[time]).get(service.id);
      return value === undefined ? [] : [[service.id, value]];
    }),
  );
}

function corrected(parts: ControlParts, observation: Observation, request: PlanRequest): PlanRequest {
  const found = corrections(parts, observation, request, parts.memory.corrections);
  parts.memory.corrections = found;
  const factors = new Map([...found].map(([chain, { factor }]) => [chain, factor]));
  const withFactors = { ...request, corrections: factors };
  if (!anyInPlace(parts.settings.topology)) return withFactors;
  parts.nearLoads.read(parts, observation.atSeconds);
  const { atSeconds } = observation;
  const present = { ...withFactors, demandFactors: demandFactors(parts, atSeconds) };
  return { ...present, slowness: parts.slowness.update(parts, present, atSeconds) };
}

/** What the profiles expect of the last 30 s; only chains that are over their SLO there are of interest. */
function expectedNow(
  { planner, settings }: ControlParts,
  { chains }: Observation,
  request: PlanRequest,
): ReadonlyMap<string, number> {
  const latest = [...chains.values()].flatMap((chain) =>
    chain.latest === undefined ? [] : [{ ...chain, ...chain.latest }],
  );
  const over = latest.some(
    ({ id, latency }) => latency > (settings.topology.chains.get(id)?.slo.latencySeconds ?? 0),
  );
  if (!over) return new Map();
  const loads = new Map([...request.loads, ...latest.map(({ id, rate }) => [id, rate] as const)]);
  return planner.evaluate({ ...request, loads, corrections: new Map() }, request.capacities);
}

/**
 * Steps count from the capacity in force. Where we only recommend, they count from the last recommendation, unless another
 * capacity has been told since: what is known to run is better than what was advised before.
 */
function baselines({ settings, capacities, memory }: ControlParts): ReadonlyMap<string, ResourceAllocation> {
  const recommended = memory.recommendations();
  const advisedSeconds = memory.latest?.atSeconds ?? Number.NEGATIVE_INFINITY;
  return new Map(
    [...settings.topology.services.values()].map(({ id, mode, initial }) => {
      const inForce = capacities.inForce(id);
      const isOlder = inForce === undefined || inForce.sinceSeconds <= advisedSeconds;
      const counts = mode === 'recommend' && !settings.control.assumeApplied && isOlder;
      return [id, (counts ? recommended.get(id) : undefined) ?? inForce ?? initial];
    }),
  );
}

function targetsOf(drafts: readonly Draft[]): ReadonlyMap<string, ResourceAllocation> {
  return new Map(drafts.map(({ service, target }) => [service.id, target]));
}

function decisionId({ memory }: ControlParts, atSeconds: number): string {
  // Sorts by time; a second decision within the same millisecond goes on counting.
  const latest = Number.parseInt(memory.latest?.id.slice(1) ?? '0', 10);
  return `d${Math.max(latest + 1, Math.floor(atSeconds * 1000))}`;
}

function remember(
  parts: ControlParts,
  decision: Decision,
  request: PlanRequest,
  forecasts: ReadonlyMap<string, ForecastOutcome>,
): void {
  parts.memory.request = request;
  parts.memory.forecasts = forecasts;
  parts.memory.remember(decision);
  // A pass every few seconds that changes nothing is nothing to look up later.
  if (decision.trigger !== 'in-place' || decision.services.some(changes)) parts.store.saveDecision(decision);
}

function changes({ status }: ServiceDecision): boolean {
  return status === 'grow' || status === 'shrink' || status === 'reshape';
}
