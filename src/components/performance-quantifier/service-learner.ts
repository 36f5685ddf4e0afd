import type { ServiceWindow } from '../../models/metrics.ts';
import type { CallerWaits } from './caller-waits.ts';
import type { CommonDrift } from './common-drift.ts';
import { type ExponentScores, firstBelief, likeliest } from './exponents.ts';
import { gatherEvidence } from './fit-evidence.ts';
import { FitTurns } from './fit-turns.ts';
import { EXPONENT } from './latency-curve.ts';
import type { LeakScores } from './leak.ts';
import { learnedParallelism } from './learned-parallelism.ts';
import type { QuantifierSettings } from './options.ts';
import { regimeSince, restate } from './regime.ts';
import { SearchTurns } from './search-turns.ts';
import { type Belief, fitService, type ServiceModel } from './service-fit.ts';
import { residualsOf, surpriseOf } from './surprise.ts';
import { Suspicion } from './suspicion.ts';
import { throttleOnset } from './throttle-onset.ts';
import { WindowTable } from './window-table.ts';

/** What a confidence is multiplied with while the newest windows contradict the model: nothing is shrunk on it. */
const TRUST_IN_DOUBT = 0.05;
/** So many windows after a change it is trusted in full again. */
const SETTLED_WINDOWS = 15;
/** The share found by curvature is looked for again after so many new windows. */
const SEARCH_EVERY = 15;
/** So many windows without a change are needed to look for what is used at rest. */
const REST_WINDOWS = 30;
/** Change of k or η from which on it is taken over at once. */
const WORTH_A_FIT = 0.1;

/** A window that came late belongs to what was before the last change; one from long before, to a clock that was set back. */
const LATEST_SECONDS = 3600;

/** What the windows show of how far the capacity of an instance can be used. */
export interface ServiceLimits {
  /** Cores that one instance can use at most. */
  readonly parallelism?: number;
  /** Utilisation from which on it is throttled in half of its CPU periods. */
  readonly throttledUtilization?: number;
}

/** Learns one service: its windows, the model fitted to them, and whether the newest ones contradict it. */
export class ServiceLearner {
  readonly table: WindowTable;
  private readonly settings: QuantifierSettings;
  /** The model that is told, and the one of the windows that nothing speaks against. */
  private fitted: ServiceModel | undefined;
  private belief: Belief;
  private undoubted: ServiceModel | undefined;
  /** Whether something has to be fitted at once. */
  private isStale = false;
  /** From a restart to the first new window: whether the last ones before it had contradicted the model is not kept. */
  private isUnproven: boolean;
  private readonly turns: FitTurns;
  private readonly searchTurns: SearchTurns;
  /** What the windows said of k and η when they were last asked. */
  private scores: ExponentScores | undefined;
  private leakScores: LeakScores | undefined;
  private atRest = 0;
  private callerWaits: CallerWaits = () => 0;
  private windowsSinceSearch = Number.POSITIVE_INFINITY;
  private suspicion: Suspicion | undefined;
  private limits: ServiceLimits = {};
  /** Start of the first window after the last change, Unix s. */
  private changedSeconds = Number.NEGATIVE_INFINITY;

  /** Services with different `ordinal` are fitted in different passes, so that none of these takes long. */
  constructor(settings: QuantifierSettings, ordinal: number, table = new WindowTable(settings.maxWindows)) {
    this.settings = settings;
    this.turns = new FitTurns(ordinal);
    this.searchTurns = new SearchTurns(ordinal, table.count);
    this.table = table;
    this.belief = { exponents: firstBelief(EXPONENT, settings.verticalExponentPrior), leak: 0 };
    this.isStale = table.count > 0;
    this.isUnproven = table.count > 0;
    this.changedSeconds = changeIn(table);
  }

  /**
   * Only a window newer than all others is a witness of a change; one that came late or again is not, and from before
   * the last change none is taken any more.
   */
  add(window: ServiceWindow, parallelism: number, drift: CommonDrift, callerWaits = this.callerWaits): void {
    this.callerWaits = callerWaits;
    const before = this.changedSeconds - window.startSeconds;
    if (before > 0 && before <= LATEST_SECONDS) return;
    if (this.turns.isOverdue) this.fitUnasked(parallelism);
    const place = this.table.put(window);
    if (place === 'refused') return;
    this.turns.add();
    if (place !== 'newest') return;
    this.isUnproven = false;
    this.windowsSinceSearch++;
    this.searchTurns.add();
    if (this.isNewCapacity()) this.isStale = true;
    this.watchForChange(this.usableCores(parallelism), drift);
  }

  /** Cores that one instance can use: those configured, or fewer where its windows show it. */
  usableCores(configured: number): number {
    return Math.min(configured, this.limits.parallelism ?? configured);
  }

  /** As the last fit has found them. */
  get learnedLimits(): ServiceLimits {
    return this.limits;
  }

  /**
   * The model of the windows up to now. It is fitted again when enough of them are new, or one says what the model does
   * not: another capacity, a load never seen, a change.
   */
  model(parallelism: number, nowSeconds: number, callerWaits = this.callerWaits): ServiceModel | undefined {
    this.callerWaits = callerWaits;
    if (this.isStale || this.turns.isDue(this.table.count)) this.fit(parallelism, nowSeconds);
    return this.fitted;
  }

  /** As it was fitted last, however old. */
  get latest(): ServiceModel | undefined {
    return this.fitted;
  }

  /** Takes over what all services together say; a fit is made anew when its own would move by much. */
  believe(belief: Belief): void {
    if (belief.leak !== this.belief.leak && this.leakScores !== undefined) {
      this.isStale = true;
      // k and η were found as if there were no leak.
      if (this.belief.leak === 0) this.searchTurns.again();
    }
    this.belief = belief;
    if (this.scores === undefined || this.fitted === undefined) return;
    const { exponent, verticalExponent } = likeliest(this.scores, belief.exponents);
    const isMoved =
      Math.abs(exponent - this.fitted.exponent) > WORTH_A_FIT ||
      Math.abs(verticalExponent - this.fitted.verticalExponent) > WORTH_A_FIT;
    if (isMoved) this.isStale = true;
  }

  invalidate(): void {
    this.isStale = true;
  }

  /** Share of the confidence that is left: little while the newest windows contradict the model, growing after a change. */
  get trust(): number {
    if (this.suspicion !== undefined || this.isUnproven) return TRUST_IN_DOUBT;
    return this.changedSeconds > 0 ? Math.min(1, this.windowsSinceChange / SETTLED_WINDOWS) : 1;
  }

  /** Windows of the table that came after the last change. */
  get windowsSinceChange(): number {
    return this.table.count - this.table.rowSince(this.changedSeconds);
  }

  /** Whether nothing has changed, nor seems to, for long enough to tell what is used at rest from what requests need. */
  private get isSettled(): boolean {
    return this.suspicion === undefined && this.windowsSinceChange >= REST_WINDOWS;
  }

  private isNewCapacity(): boolean {
    const { cpus, instances, count } = this.table;
    const newest = count - 1;
    for (let row = newest - 1; row >= 0; row--) {
      if (cpus[row] === cpus[newest] && instances[row] === instances[newest]) return false;
    }
    return true;
  }

  /** A model to judge the next windows by; what is asked for later is fitted and searched for anew. */
  private fitUnasked(configured: number): void {
    this.fit(configured, this.table.endSeconds);
    this.isStale = true;
    this.windowsSinceSearch = Number.POSITIVE_INFINITY;
  }

  private fit(configured: number, nowSeconds: number): void {
    this.isStale = false;
    this.limits = limitsOf(this.table, this.settings);
    const parallelism = this.usableCores(configured);
    this.turns.fitted();
    const { suspicion, undoubted } = this;
    if (suspicion?.isLikely && undoubted !== undefined) {
      this.fitted = this.fitOf(
        this.restatedSince(suspicion, undoubted, parallelism),
        parallelism,
        nowSeconds,
      );
      return;
    }
    const count = suspicion?.isRepeated ? this.table.rowSince(suspicion.sinceSeconds) : this.table.count;
    this.fitted = this.fitOf(this.table, parallelism, nowSeconds, count);
    this.undoubted = this.fitted;
  }

  private fitOf(
    table: WindowTable,
    parallelism: number,
    nowSeconds: number,
    count = table.count,
  ): ServiceModel | undefined {
    const scores = this.searchTurns.isDue() ? 'search' : this.scores;
    const callerWaits = scores === 'search' || this.belief.leak > 0 ? this.callerWaits : undefined;
    const evidence = gatherEvidence(table, count, parallelism, nowSeconds, this.settings, callerWaits);
    const isSearchDue = this.windowsSinceSearch >= SEARCH_EVERY || this.fitted === undefined;
    const share = isSearchDue ? 'search' : shareOf(this.fitted);
    if (isSearchDue) this.windowsSinceSearch = 0;
    if (scores === 'search') this.searchTurns.searched(count);
    const model = fitService(evidence, this.settings, this.belief, {
      share,
      scores,
      leakScores: this.leakScores,
      atRest: scores === 'search' && this.isSettled ? 'search' : this.atRest,
    });
    this.scores = model?.scores;
    this.leakScores = model?.leakScores;
    this.atRest = model?.baselineCores ?? 0;
    return model;
  }

  private restatedSince({ sinceSeconds }: Suspicion, model: ServiceModel, parallelism: number): WindowTable {
    const first = this.table.rowSince(sinceSeconds);
    const table = this.table.copy();
    restate(table, first, regimeSince(model, table, first, parallelism, this.settings));
    return table;
  }

  private watchForChange(parallelism: number, drift: CommonDrift): void {
    const { undoubted, table } = this;
    if (undoubted === undefined) return;
    const newest = table.count - 1;
    const startSeconds = table.starts[newest]!;
    const { suspicion, settings } = this;
    const trusted = suspicion === undefined ? newest : table.rowSince(suspicion.sinceSeconds);
    const leaked = this.leaked;
    const judge = { model: undoubted, table, trusted, parallelism, settings, leaked };
    const residuals = residualsOf(judge, newest);
    const surprise = surpriseOf(residuals, drift.before(startSeconds));
    drift.note(startSeconds, residuals);
    if (residuals.isNewLoad) this.isStale = true;
    if (surprise === undefined) {
      this.endIfStuck(undoubted, parallelism);
      return;
    }
    const before = this.suspicion;
    this.suspicion = Suspicion.after(before, surprise, startSeconds);
    if (this.suspicion !== before || this.suspicion?.isLikely) this.isStale = true;
    if (this.suspicion?.isChange) this.takeForChange(this.suspicion, undoubted, parallelism);
  }

  /**
   * Windows that cannot be judged end a suspicion after a while, or it would keep all that follow out of the fit for ever: as a
   * change where that is likely, so that nothing is shrunk on what was before.
   */
  private endIfStuck(undoubted: ServiceModel, parallelism: number): void {
    const { suspicion } = this;
    suspicion?.countSilent();
    if (suspicion === undefined || !suspicion.isStuck) return;
    if (suspicion.isLikely) this.takeForChange(suspicion, undoubted, parallelism);
    else this.suspicion = undefined;
    this.isStale = true;
  }

  private readonly leaked = (chain: string, startSeconds: number): number => {
    const { leak } = this.belief;
    return leak === 0 ? 0 : leak * this.callerWaits(chain, startSeconds);
  };

  private takeForChange({ sinceSeconds }: Suspicion, model: ServiceModel, parallelism: number): void {
    const first = this.table.rowSince(sinceSeconds);
    restate(this.table, first, regimeSince(model, this.table, first, parallelism, this.settings));
    this.changedSeconds = sinceSeconds;
    this.suspicion = undefined;
    this.fitted = undefined;
    this.undoubted = undefined;
  }
}

function limitsOf(table: WindowTable, settings: QuantifierSettings): ServiceLimits {
  const parallelism = learnedParallelism(table, table.count, settings);
  const throttledUtilization = throttleOnset(table, table.count);
  return {
    ...(parallelism !== undefined && { parallelism }),
    ...(throttledUtilization !== undefined && { throttledUtilization }),
  };
}

/** A table that was saved says by its weights where the last change was. */
function changeIn({ weights, starts, count }: WindowTable): number {
  const before = weights.subarray(0, count).findLastIndex((weight) => weight < 1);
  return before < 0 ? Number.NEGATIVE_INFINITY : (starts[before + 1] ?? starts[before]!);
}

function shareOf(model: ServiceModel | undefined): number | undefined {
  return model?.demandSource === 'curvature' ? model.curvatureShare : undefined;
}
