import { type Branch, type ChainSpec, visitsByService } from '../../models/data-models.ts';
import type { PlanningVisit } from '../../models/plans.ts';
import type { ProfileLearner } from '../../models/ports.ts';
import type { Composition, LatencyProfile } from '../../models/profiles.ts';

/** What the allocator reads of the quantifier. Without a revision everything is read anew each time. */
export type ProfileReader = Pick<ProfileLearner, 'profile' | 'composition'> &
  Partial<Pick<ProfileLearner, 'revision' | 'demandDrift'>>;

/** What has been learned of a chain, as a program has it: whatever its load, its SLO and the bounds of its services. */
export interface LearnedChain {
  readonly composition: Composition;
  /** By service; those without a profile are in `unknown`. */
  readonly profiles: ReadonlyMap<string, LatencyProfile>;
  readonly unknown: readonly string[];
  readonly stages: readonly (readonly (readonly PlanningVisit[])[])[];
}

/** Reads profiles once between two changes of them: a pass builds several problems, and so does each what-if question. */
export class LearnedChains {
  readonly #known = new Map<string, { readonly of: ChainSpec; readonly learned: LearnedChain }>();
  #revision: number | undefined;
  #riskFactor = Number.NaN;
  #demandFactor = 1;

  learned(chain: ChainSpec, profiles: ProfileReader, riskFactor: number): LearnedChain {
    this.#forgetOld(profiles, riskFactor);
    const known = this.#known.get(chain.id);
    if (known !== undefined && isAlike(known.of, chain)) return known.learned;
    const learned = learnedChain(chain, profiles, riskFactor, this.#demandFactor);
    // A question of what if is not to put what it changes in the place of what is.
    if (known === undefined) this.#known.set(chain.id, { of: chain, learned });
    return learned;
  }

  #forgetOld(profiles: ProfileReader, riskFactor: number): void {
    const { revision } = profiles;
    if (revision !== undefined && revision === this.#revision && riskFactor === this.#riskFactor) return;
    this.#known.clear();
    this.#revision = revision;
    this.#riskFactor = riskFactor;
    // On machines that happen to be fast now nothing is saved: the next minute they may not be.
    this.#demandFactor = Math.max(1, profiles.demandDrift?.() ?? 1);
  }
}

function isAlike(one: ChainSpec, other: ChainSpec): boolean {
  return one.stages === other.stages && one.slo.percentile === other.slo.percentile;
}

function learnedChain(
  chain: ChainSpec,
  profiles: ProfileReader,
  riskFactor: number,
  demandFactor: number,
): LearnedChain {
  const known = new Map<string, LatencyProfile>();
  const unknown: string[] = [];
  for (const service of visitsByService(chain).keys()) {
    const profile = profiles.profile(service, chain.id);
    if (profile.kind === 'profile') known.set(service, profile);
    else unknown.push(service);
  }
  const composition = profiles.composition(chain.id);
  const isMeasured = composition.windows > 0;
  const stages = chain.stages.map((stage) => {
    const factor = isMeasured ? 1 : slowestOf(stage.length, chain.slo.percentile);
    return stage.map((branch) => planningVisits(branch, known, factor, { riskFactor, demandFactor }));
  });
  return { composition, profiles: known, unknown, stages };
}

/**
 * What turns a p-quantile into the (1 − (1−p)/m)-quantile, so that the slowest of m branches keeps p: for an
 * exponential tail quantiles grow like −ln(1 − p), hence ln((1−p)/m) / ln(1−p). 1 for a single branch.
 */
export function slowestOf(branches: number, percentile: number): number {
  return Math.log((1 - percentile) / branches) / Math.log(1 - percentile);
}

function planningVisits(
  branch: Branch,
  profiles: ReadonlyMap<string, LatencyProfile>,
  factor: number,
  { riskFactor, demandFactor }: { readonly riskFactor: number; readonly demandFactor: number },
): PlanningVisit[] {
  const planned: PlanningVisit[] = [];
  for (const { service, visits, again } of branch) {
    const profile = profiles.get(service);
    if (profile === undefined) continue;
    const cautious = factor * profile.upperFactor ** riskFactor;
    planned.push({
      service,
      visits,
      // Paid once, whatever number of ways it lies on.
      ...(again === true && { again }),
      demand: again === true ? 0 : demandFactor * profile.demandCoreSeconds,
      floor: cautious * profile.floorSeconds,
      queueing: cautious * profile.queueingSeconds,
    });
    for (const { service: caller, queueingSeconds } of profile.upstream ?? []) {
      if (!profiles.has(caller)) continue;
      planned.push({ service: caller, visits, demand: 0, floor: 0, queueing: cautious * queueingSeconds });
    }
  }
  return planned;
}
