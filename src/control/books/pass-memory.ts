import type { ResourceAllocation } from '../../models/data-models.ts';
import type { Decision } from '../../models/decisions.ts';
import type { ForecastOutcome } from '../../models/forecasts.ts';
import type { PlanRequest } from '../../models/ports.ts';
import type { Correction } from '../corrections.ts';

/** Decisions kept in memory for the guard's hysteresis. */
const KEPT_DECISIONS = 64;

/** What a pass must know of the passes before it. All but forecasts and corrections comes back from the store after a restart. */
export class PassMemory {
  readonly #decisions: Decision[] = [];
  #forecasts: ReadonlyMap<string, ForecastOutcome> = new Map();
  #request: PlanRequest | undefined;
  #corrections: ReadonlyMap<string, Correction> = new Map();
  #learnedUntil = 0;

  /** Takes back stored decisions, oldest first. */
  restore(decisions: Iterable<Decision>): void {
    for (const decision of decisions) this.remember(decision);
  }

  remember(decision: Decision): void {
    this.#decisions.push(decision);
    if (this.#decisions.length > KEPT_DECISIONS) this.#decisions.shift();
  }

  get latest(): Decision | undefined {
    return this.#decisions.at(-1);
  }

  /** What each service was last recommended. */
  recommendations(): ReadonlyMap<string, ResourceAllocation> {
    const services = this.latest?.services ?? [];
    return new Map(services.map(({ id, cpu, memory, instances }) => [id, { cpu, memory, instances }]));
  }

  /**
   * What was planned for each service, before the guard, throughout [sinceSeconds, untilSeconds]: by the decisions of
   * that time and by the one that held when it began.
   */
  plansSince(sinceSeconds: number, untilSeconds: number): ReadonlyMap<string, readonly ResourceAllocation[]> {
    // A decision from the future is left over from before the clock was set back.
    const past = this.#decisions.filter(({ atSeconds }) => atSeconds <= untilSeconds);
    const first = past.findLastIndex(({ atSeconds }) => atSeconds <= sinceSeconds);
    const plans = new Map<string, ResourceAllocation[]>();
    for (const { services } of past.slice(Math.max(0, first))) {
      for (const { id, planned } of services) {
        if (planned !== undefined) plans.set(id, [...(plans.get(id) ?? []), planned]);
      }
    }
    return plans;
  }

  /** Services that a decision within (sinceSeconds, untilSeconds] has shrunk, and when the latest one did. */
  shrunkSince(sinceSeconds: number, untilSeconds: number): ReadonlyMap<string, number> {
    const shrunk = new Map<string, number>();
    for (const { atSeconds, services } of this.#decisions) {
      if (atSeconds <= sinceSeconds || atSeconds > untilSeconds) continue;
      for (const { id, status } of services) if (status === 'shrink') shrunk.set(id, atSeconds);
    }
    return shrunk;
  }

  /** The load that the latest decision was made for, requests/s by chain. */
  plannedRate(chain: string): number | undefined {
    return this.latest?.chains.find(({ id }) => id === chain)?.plannedRate;
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
