import type { ResourceAllocation } from '../../models/data-models.ts';
import type { Decision } from '../../models/decisions.ts';
import type { ForecastOutcome } from '../../models/forecasts.ts';
import type { PlanRequest } from '../../models/ports.ts';
import { LateWindows } from './late-windows.ts';

/** Passes whose plans are kept for the guard's hysteresis, of those over all services and of those in place each. */
const KEPT_PLANS = 64;

/** What was planned for each service in one pass, before the guard. */
interface Plans {
  readonly atSeconds: number;
  /** Not only services that are resized in place. */
  readonly isWhole: boolean;
  readonly services: readonly (readonly [service: string, planned: ResourceAllocation])[];
  /** Services that the pass took something away from. */
  readonly shrunk: readonly string[];
}

/** By how much a chain was measured to take longer than planned, and when. */
export interface Correction {
  readonly factor: number;
  readonly atSeconds: number;
}

/** What a pass must know of the passes before it. All but forecasts and corrections comes back from the store after a restart. */
export class PassMemory {
  #latest: Decision | undefined;
  #plannedRates: ReadonlyMap<string, number> = new Map();
  readonly #plans: Plans[] = [];
  #forecasts: ReadonlyMap<string, ForecastOutcome> = new Map();
  #request: PlanRequest | undefined;
  #corrections: ReadonlyMap<string, Correction> = new Map();
  #learnedUntil = 0;
  readonly lateWindows = new LateWindows();

  /** Takes back stored decisions, oldest first. */
  restore(decisions: Iterable<Decision>): void {
    for (const decision of decisions) this.remember(decision);
  }

  /** Of all but the latest decision only the plans are kept: with thousands of services the rest is megabytes. */
  remember(decision: Decision): void {
    const { atSeconds, chains, services } = decision;
    this.#latest = decision;
    const isWhole = decision.trigger !== 'in-place';
    // Whatever comes where no load was known is more than was planned for.
    // A pass over some services says nothing of what the others were planned for.
    if (isWhole) this.#plannedRates = new Map(chains.map(({ id, plannedRate }) => [id, plannedRate ?? 0]));
    this.#keep({
      atSeconds,
      isWhole,
      services: services.flatMap(({ id, planned }) => (planned === undefined ? [] : [[id, planned]])),
      shrunk: services.filter(({ status }) => status === 'shrink').map(({ id }) => id),
    });
  }

  /** The many passes in place do not push out the few over all services. */
  #keep(plans: Plans): void {
    this.#plans.push(plans);
    const isAlike = ({ isWhole }: Plans) => isWhole === plans.isWhole;
    if (this.#plans.filter(isAlike).length > KEPT_PLANS)
      this.#plans.splice(this.#plans.findIndex(isAlike), 1);
  }

  get latest(): Decision | undefined {
    return this.#latest;
  }

  /** What each service was last recommended. */
  recommendations(): ReadonlyMap<string, ResourceAllocation> {
    const services = this.latest?.services ?? [];
    return new Map(services.map(({ id, cpu, memory, instances }) => [id, { cpu, memory, instances }]));
  }

  /**
   * What was planned for each service, before the guard, throughout [sinceSeconds, untilSeconds]: by the decisions of
   * that time and by the one of it that held when it began. Oldest first.
   */
  plansSince(sinceSeconds: number, untilSeconds: number): ReadonlyMap<string, readonly ResourceAllocation[]> {
    const plans = new Map<string, ResourceAllocation[]>();
    const found = new Set<string>();
    for (const { atSeconds, isWhole, services } of this.#plans.toReversed()) {
      // A decision from the future is left over from before the clock was set back.
      if (atSeconds > untilSeconds) continue;
      const held = atSeconds <= sinceSeconds;
      for (const [id, planned] of services) {
        if (found.has(id)) continue;
        plans.set(id, [planned, ...(plans.get(id) ?? [])]);
        if (held) found.add(id);
      }
      if (held && isWhole) break;
    }
    return plans;
  }

  /** Services that a decision within (sinceSeconds, untilSeconds] has shrunk, and when the latest one did. */
  shrunkSince(sinceSeconds: number, untilSeconds: number): ReadonlyMap<string, number> {
    const shrunk = new Map<string, number>();
    for (const { atSeconds, shrunk: services } of this.#plans) {
      if (atSeconds <= sinceSeconds || atSeconds > untilSeconds) continue;
      for (const id of services) shrunk.set(id, atSeconds);
    }
    return shrunk;
  }

  /** The load that the latest decision was made for, requests/s by chain. */
  plannedRate(chain: string): number | undefined {
    return this.#plannedRates.get(chain);
  }

  get forecasts(): ReadonlyMap<string, ForecastOutcome> {
    return this.#forecasts;
  }

  set forecasts(forecasts: ReadonlyMap<string, ForecastOutcome>) {
    this.#forecasts = forecasts;
  }

  /** What the latest pass planned for; what-if questions start from it. */
  get request(): PlanRequest | undefined {
    return this.#request;
  }

  set request(request: PlanRequest) {
    this.#request = request;
  }

  /** By how much each chain was measured to take longer than planned. */
  get corrections(): ReadonlyMap<string, Correction> {
    return this.#corrections;
  }

  set corrections(corrections: ReadonlyMap<string, Correction>) {
    this.#corrections = corrections;
  }

  /** End of the newest window that profiles have learned from, s. */
  get learnedUntil(): number {
    return this.#learnedUntil;
  }

  set learnedUntil(seconds: number) {
    this.#learnedUntil = seconds;
  }
}
