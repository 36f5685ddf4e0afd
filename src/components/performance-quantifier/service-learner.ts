import type { ServiceWindow } from '../../models/metrics.ts';
import { type ExponentBelief, firstBelief } from './exponents.ts';
import { gatherEvidence } from './fit-evidence.ts';
import { EXPONENT } from './latency-curve.ts';
import type { QuantifierSettings } from './options.ts';
import { fitService, type ServiceModel } from './service-fit.ts';
import { surpriseOf } from './surprise.ts';
import { WindowTable } from './window-table.ts';

/** So many windows in a row that surprise in the same direction are a change, not noise. */
const CHANGE_WINDOWS = 5;
/** From so many on the newest windows wait outside the fit until it is known whether they are a change. */
const SUSPICIOUS_WINDOWS = 2;
/** What a confidence is multiplied with in that time: nothing should be shrunk on it. */
const TRUST_IN_DOUBT = 0.2;
/** The share found by curvature, and k and η, are looked for again after so many new windows. */
const SEARCH_EVERY = 15;
/** Change of the common k or η from which on it is taken over. */
const WORTH_A_FIT = 0.1;

/** Learns one service: its windows, the model fitted to them, and whether the newest ones contradict it. */
export class ServiceLearner {
  readonly table: WindowTable;
  private readonly settings: QuantifierSettings;
  private fitted: ServiceModel | undefined;
  private belief: ExponentBelief;
  private isStale = false;
  private windowsSinceSearch = Number.POSITIVE_INFINITY;
  /** Length of the run of surprising windows, and its sign. */
  private run = 0;
  private direction = 0;

  constructor(settings: QuantifierSettings, table = new WindowTable(settings.maxWindows)) {
    this.settings = settings;
    this.table = table;
    this.belief = firstBelief(EXPONENT, settings.verticalExponentPrior);
    this.isStale = table.count > 0;
  }

  /** Only a window newer than all others is a witness of a change; one that came late or again is not. */
  add(window: ServiceWindow, parallelism: number): void {
    const place = this.table.put(window);
    if (place === 'refused') return;
    this.isStale = true;
    if (place !== 'newest') return;
    this.windowsSinceSearch++;
    this.watchForChange(parallelism);
  }

  /** The model of all windows up to now; fits again only when there are new ones. */
  model(parallelism: number, nowSeconds: number): ServiceModel | undefined {
    if (this.isStale) this.fit(parallelism, nowSeconds);
    return this.fitted;
  }

  /** Takes over what all services together say of k and η; small moves are not worth a new fit. */
  believe(belief: ExponentBelief): void {
    const isMoved =
      Math.abs(belief.exponent - this.belief.exponent) > WORTH_A_FIT ||
      Math.abs(belief.verticalExponent - this.belief.verticalExponent) > WORTH_A_FIT;
    if (!isMoved) return;
    this.belief = belief;
    if (this.fitted?.scores !== undefined) this.isStale = true;
  }

  invalidate(): void {
    this.isStale = true;
  }

  /** Share of the confidence that is left: little while the newest windows contradict the model. */
  get trust(): number {
    return this.suspended === 0 ? 1 : TRUST_IN_DOUBT;
  }

  private get suspended(): number {
    return this.run >= SUSPICIOUS_WINDOWS ? this.run : 0;
  }

  private fit(parallelism: number, nowSeconds: number): void {
    const count = this.table.count - this.suspended;
    const evidence = gatherEvidence(this.table, count, parallelism, nowSeconds, this.settings);
    const isSearchDue = this.windowsSinceSearch >= SEARCH_EVERY || this.fitted === undefined;
    const found = isSearchDue ? undefined : { share: shareOf(this.fitted), scores: this.fitted?.scores };
    if (isSearchDue) this.windowsSinceSearch = 0;
    this.fitted = fitService(evidence, this.settings, this.belief, found);
    this.isStale = false;
  }

  private watchForChange(parallelism: number): void {
    if (this.fitted === undefined) return;
    const surprise = surpriseOf(this.fitted, this.table, this.table.count - 1, parallelism, this.settings);
    if (surprise === undefined) return;
    this.run = surprise === 0 ? 0 : surprise === this.direction ? this.run + 1 : 1;
    this.direction = surprise;
    if (this.run < CHANGE_WINDOWS) return;
    this.table.keepNewest(CHANGE_WINDOWS);
    this.run = 0;
    this.direction = 0;
    this.fitted = undefined;
  }
}

function shareOf(model: ServiceModel | undefined): number | undefined {
  return model?.demandSource === 'curvature' ? model.curvatureShare : undefined;
}
