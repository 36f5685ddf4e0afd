import type { TrafficStep } from '../../models/sources.ts';
import type { BucketSlab } from './bucket-slab.ts';
import { CounterRing, type Totals } from './counter-ring.ts';
import { bucketOf, HIGHEST_SECONDS } from './latency-buckets.ts';
import { OpenSketch } from './open-sketch.ts';
import { SketchRing } from './sketch-ring.ts';
import { partOf, partsOf, type StepPart } from './step-slots.ts';
import type { TimeGrid } from './time-grid.ts';
import { ToldRing } from './told-ring.ts';

/** Everything that is kept of one chain at one service, or of one chain end to end. */
export class Series {
  /** Undefined for an end-to-end series. */
  readonly service: string | undefined;
  readonly chain: string;
  /** Times of the oldest and the newest record, s. */
  firstSeconds = Number.POSITIVE_INFINITY;
  lastSeconds = Number.NEGATIVE_INFINITY;
  /** Whether a source tells of it in steps; it then takes no records. */
  isFed = false;
  /** What a source has told of; undefined for a series that never was fed. */
  told: ToldRing | undefined;
  /** Fine slots know nothing of the time before: those of an earlier run are not kept. */
  fineSinceSeconds = Number.NEGATIVE_INFINITY;
  /** Whether any coarse slot changed since it was last drained. */
  changed = false;
  readonly fine: CounterRing;
  readonly fineSketches: SketchRing;
  readonly coarse: CounterRing;
  readonly coarseSketches: SketchRing;
  readonly #grid: TimeGrid;
  readonly #open = new OpenSketch();
  readonly #changedSlots: Uint8Array;

  constructor(service: string | undefined, chain: string, grid: TimeGrid, slab: BucketSlab) {
    this.service = service;
    this.chain = chain;
    this.#grid = grid;
    this.fine = new CounterRing(grid.recentSlots);
    this.fineSketches = new SketchRing(Math.ceil(grid.recentSlots / grid.finePerSketch) + 1, slab);
    this.coarse = new CounterRing(grid.coarseSlots);
    this.coarseSketches = new SketchRing(grid.coarseSlots, slab);
    this.#changedSlots = new Uint8Array(this.coarse.size);
  }

  /** `fine` is the slot of `atSeconds`; `isRecent` says whether the fine ring still reaches back to it. */
  record(
    atSeconds: number,
    fine: number,
    isRecent: boolean,
    latency: number,
    isError: boolean,
    count: number,
    cpuSeconds: number,
  ): void {
    const coarse = this.#grid.coarseOf(fine);
    const seconds = Math.min(latency, HIGHEST_SECONDS);
    this.coarse.add(coarse, seconds, isError, count, cpuSeconds);
    if (isRecent) this.fine.add(fine, seconds, isError, count, cpuSeconds);
    if (!isError) this.#sketch(this.#grid.sketchOf(fine), isRecent, bucketOf(seconds), count);
    this.#touch(coarse);
    this.widen(atSeconds, atSeconds);
  }

  /** Counts a step; fine slots from `recentFrom` on are still kept. */
  recordStep(step: TrafficStep, recentFrom: number): void {
    const answered = step.counts.reduce((sum, count) => sum + count, 0);
    const mean = answered > 0 ? step.latencySum / answered : 0;
    for (const part of partsOf(step, this.#grid)) {
      const errors = partOf(step.errors, part);
      const counted = this.#sketchPart(step, part, part.fineFrom >= recentFrom);
      this.#countPart(part, counted + errors, errors, counted * mean, recentFrom);
      if (!step.isLate) this.#tell(step, part);
    }
    this.widen(step.fromSeconds, step.toSeconds);
  }

  /** Puts what the open sketch holds into the rings. To be called before sketches are read. */
  settle(): void {
    const slot = this.#open.slot;
    const coarse = this.#grid.coarseOf(slot * this.#grid.finePerSketch);
    this.#open.take((bucket, count) => {
      this.coarseSketches.add(coarse, bucket, count);
      this.fineSketches.add(slot, bucket, count);
    });
  }

  /** Puts a coarse slot in the place of whatever was there; `buckets` are its occupied buckets and their counts. */
  replaceCoarse(
    coarse: number,
    totals: Totals,
    buckets: ReadonlyMap<number, number>,
    toldSeconds = Number.NaN,
  ): void {
    this.settle();
    if (!Number.isNaN(toldSeconds)) this.#toldRing().replace(coarse, toldSeconds);
    this.coarse.replace(coarse, totals);
    this.coarseSketches.clear(coarse);
    for (const [bucket, count] of buckets) this.coarseSketches.add(coarse, bucket, count);
  }

  /** Takes older and newer records into the times of the first and the last. */
  widen(firstSeconds: number, lastSeconds: number): void {
    if (firstSeconds < this.firstSeconds) this.firstSeconds = firstSeconds;
    if (lastSeconds > this.lastSeconds) this.lastSeconds = lastSeconds;
  }

  /** Hands out the coarse slots that changed since the last call. */
  takeChanged(): number[] {
    this.settle();
    const changed: number[] = [];
    this.#changedSlots.forEach((isChanged, at) => {
      if (isChanged !== 0) changed.push(this.coarse.indexAt(at));
    });
    this.#changedSlots.fill(0);
    this.changed = false;
    return changed;
  }

  /** Forgets what lies after the given time: the clock went back and those times are still to come. */
  dropAfter(seconds: number): void {
    this.settle();
    this.#open.slot = -1;
    const fine = this.#grid.fineOf(seconds);
    const coarse = this.#grid.coarseOf(fine);
    for (let at = 0; at < this.coarse.size; at++) {
      const index = this.coarse.indexAt(at);
      const isEmpty = this.coarse.requestsIn(index) === 0 && !(this.toldIn(index) > 0);
      if (index > coarse && !isEmpty) this.#touch(index);
    }
    this.fine.dropAfter(fine);
    this.fineSketches.dropAfter(this.#grid.sketchOf(fine));
    this.coarse.dropAfter(coarse);
    this.coarseSketches.dropAfter(coarse);
    this.told?.dropAfter(coarse);
    this.lastSeconds = Math.min(this.lastSeconds, seconds);
    this.firstSeconds = Math.min(this.firstSeconds, seconds);
  }

  /** Seconds of a coarse slot that a source has told of; NaN for a series that never was fed. */
  toldIn(coarse: number): number {
    return this.told?.secondsIn(coarse) ?? Number.NaN;
  }

  /** Gives the buckets of what is too old to be asked for back. */
  expire(newestCoarse: number): void {
    this.settle();
    const firstFine = newestCoarse * this.#grid.finePerCoarse - this.#grid.recentSlots;
    this.fineSketches.dropBefore(this.#grid.sketchOf(firstFine));
    this.coarseSketches.dropBefore(newestCoarse - this.#grid.coarseSlots + 1);
  }

  release(): void {
    this.fineSketches.release();
    this.coarseSketches.release();
  }

  #sketch(slot: number, isRecent: boolean, bucket: number, count: number): void {
    if (slot > this.#open.slot) {
      this.settle();
      this.#open.slot = slot;
    }
    if (slot === this.#open.slot) this.#open.add(bucket, count);
    else this.#sketchLate(slot, isRecent, bucket, count);
  }

  #sketchLate(slot: number, isRecent: boolean, bucket: number, count: number): void {
    this.coarseSketches.add(this.#grid.coarseOf(slot * this.#grid.finePerSketch), bucket, count);
    if (isRecent) this.fineSketches.add(slot, bucket, count);
  }

  #touch(coarse: number): void {
    this.#changedSlots[coarse % this.#changedSlots.length] = 1;
    this.changed = true;
  }

  /** Answers how many requests the part has. */
  #sketchPart({ latencies, counts }: TrafficStep, part: StepPart, isRecent: boolean): number {
    let counted = 0;
    for (let i = 0; i < counts.length; i++) {
      const count = partOf(counts[i]!, part);
      if (count > 0) this.#sketchLate(part.sketch, isRecent, bucketOf(latencies[i]!), count);
      counted += count;
    }
    return counted;
  }

  #countPart(
    { fineFrom, fineTo }: StepPart,
    requests: number,
    errors: number,
    latencySum: number,
    recentFrom: number,
  ): void {
    const coarse = this.#grid.coarseOf(fineFrom);
    this.coarse.addCounted(coarse, requests, errors, latencySum);
    const share = 1 / (fineTo - fineFrom);
    for (let fine = Math.max(fineFrom, recentFrom); fine < fineTo; fine++) {
      this.fine.addCounted(fine, requests * share, errors * share, latencySum * share);
    }
    this.#touch(coarse);
  }

  #tell(step: TrafficStep, { fineFrom, shareFrom, shareTo }: StepPart): void {
    const seconds = (step.toSeconds - step.fromSeconds) * (shareTo - shareFrom);
    this.#toldRing().add(this.#grid.coarseOf(fineFrom), seconds);
  }

  #toldRing(): ToldRing {
    this.told ??= new ToldRing(this.coarse.size);
    return this.told;
  }
}
