/** Writes a change on its course, waits until it runs, and puts back what was there when it does not. */
import type { ChangeOutcome, TargetState } from '../../../models/changes.ts';
import { describeFailure, isOutcomeUnknown, isTransient } from '../api/api-failure.ts';
import { pauseSeconds } from '../api/retry.ts';
import { resourcesOf } from '../wanted.ts';
import { describeRef, type Workload } from '../workload/workload.ts';
import type { Course } from './course.ts';
import { Moves } from './moves.ts';
import { isGentle } from './patch.ts';
import type { SizeOf } from './resizing.ts';
import { type ChangeParts, describeProblem, type Site, stateOf, stopped } from './site.ts';
import type { Write } from './steps.ts';
import { isLasting, type Written } from './target.ts';
import { type Verified, verify } from './verify.ts';
import { sameResources } from './wanted-state.ts';

type TemplateWrite = Exclude<Write, 'instances'>;

/** What went wrong on the way; undefined when nothing did. */
type Trouble =
  | { readonly kind: 'not-written'; readonly outcome: ChangeOutcome }
  | { readonly kind: 'not-up'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string }
  | undefined;

/** Written group by group, and put back in the opposite order. */
export class Rollout {
  readonly #site: Site;
  readonly #parts: ChangeParts;
  readonly #moves: Moves;
  readonly #course: Course;
  readonly #podsBefore: ReadonlySet<string> | undefined;
  readonly #startSeconds: number;
  /** What stands as far as we wrote it. */
  #written: TargetState;
  #hasWritten = false;
  /** What each instance is to have, where they are resized in place. */
  #size: SizeOf | undefined;

  constructor(site: Site, course: Course, parts: ChangeParts, podsBefore: ReadonlySet<string> | undefined) {
    this.#site = site;
    this.#parts = parts;
    this.#moves = new Moves(site);
    this.#course = course;
    this.#size = course.rolledBecause === undefined ? course.resizing?.back : undefined;
    this.#podsBefore = podsBefore;
    this.#startSeconds = parts.clock.nowSeconds();
    this.#written = course.before;
  }

  async run(): Promise<ChangeOutcome> {
    for (const group of this.#course.steps) {
      const trouble = (await this.#writeAll(group)) ?? (await this.#wait(this.#written));
      if (trouble !== undefined) return this.#end(trouble);
    }
    return { kind: 'applied', reason: this.#success() };
  }

  async #writeAll(group: readonly Write[]): Promise<Trouble> {
    for (const write of group) {
      // What an instance has not got yet is written while it is waited for.
      if (write === 'instances') this.#size = this.#course.resizing?.to(this.#course.goal);
      else {
        const trouble = await this.#write(write);
        if (trouble !== undefined) return trouble;
        this.#hasWritten = true;
        this.#written = afterWrite(write, this.#written, this.#course.wanted);
      }
    }
    return undefined;
  }

  async #write(write: TemplateWrite): Promise<Trouble> {
    const { workload, container } = this.#site;
    const { before, wanted } = this.#course;
    const written = await this.#moves.move(write, before, wanted);
    if (written.kind === 'written') return undefined;
    if (written.kind === 'foreign') return this.#notWritten({ kind: 'held', reason: written.reason });
    if (isOutcomeUnknown(written.failure)) return this.#lookAgain(write, describeFailure(written.failure));
    return this.#notWritten(stopped(workload, written.failure, container));
  }

  #notWritten(outcome: Extract<ChangeOutcome, { kind: 'held' | 'refused' }>): Trouble {
    return this.#leftSomething
      ? { kind: 'not-up', reason: outcome.reason }
      : { kind: 'not-written', outcome };
  }

  get #leftSomething(): boolean {
    return this.#hasWritten || this.#course.resizing?.hasWritten === true;
  }

  /** Nobody answered. Whether it was written is known as soon as it can be read again. */
  async #lookAgain(write: TemplateWrite, failure: string): Promise<Trouble> {
    const { clock, random, settings } = this.#parts;
    const { target, signal } = this.#site;
    const end = clock.nowSeconds() + settings.verifyTimeout;
    for (let attempt = 1; signal?.aborted !== true; attempt += 1) {
      const read = await target.read();
      if (read.kind === 'read') return this.#seenAgain(write, read.value, failure);
      const left = end - clock.nowSeconds();
      if (left <= 0) return unknownWrite(failure);
      if (isLasting(read.failure)) return unknownWrite(`${failure}; then ${describeFailure(read.failure)}`);
      await clock.sleep(Math.min(left, pauseSeconds(read.failure, attempt, random)), signal);
    }
    return { kind: 'lost', reason: this.#parts.brokenOffBecause() };
  }

  #seenAgain(write: TemplateWrite, workload: Workload, failure: string): Trouble {
    const { container } = this.#site;
    const live = stateOf(workload, container);
    if (live === undefined) return unknownWrite(`${failure}; then container ${container} was gone`);
    if (stands(write, live, this.#course.wanted)) return undefined;
    return this.#notWritten({ kind: 'held', reason: failure });
  }

  async #wait(expected: TargetState): Promise<Trouble> {
    const verified = await this.#verify(expected);
    if (verified.kind === 'up') return undefined;
    if (verified.kind === 'not-up')
      return this.#leftSomething ? verified : this.#notWritten({ kind: 'held', reason: verified.reason });
    return {
      kind: 'lost',
      reason: verified.kind === 'aborted' ? this.#parts.brokenOffBecause() : verified.reason,
    };
  }

  #verify(expected: TargetState): Promise<Verified> {
    const { clock, settings } = this.#parts;
    const { resizing } = this.#course;
    const size = this.#size;
    return verify(expected, {
      site: this.#site,
      moves: this.#moves,
      clock,
      timeoutSeconds: settings.verifyTimeout,
      podsBefore: this.#podsBefore,
      ...(resizing !== undefined && size !== undefined && { sizes: { resizing, size } }),
    });
  }

  #end(trouble: NonNullable<Trouble>): ChangeOutcome | Promise<ChangeOutcome> {
    switch (trouble.kind) {
      case 'not-written':
        return trouble.outcome;
      case 'not-up':
        return this.#restore(trouble.reason);
      case 'lost':
        return { kind: 'failed', reason: trouble.reason };
    }
  }

  /** In the opposite order. What was not written stands as before already. */
  async #restore(why: string): Promise<ChangeOutcome> {
    const writes = this.#course.steps.flat().reverse();
    this.#course.resizing?.forgive();
    this.#size = this.#course.resizing?.back;
    const cause = `put back: ${why}`;
    for (const write of writes) {
      if (write === 'instances') continue;
      const written = await this.#putBack(write, cause);
      if (written.kind === 'foreign') return { kind: 'failed', reason: `${why}; ${written.reason}` };
      if (written.kind === 'failure') {
        const problem = describeProblem(this.#site.workload, written.failure, this.#site.container);
        return { kind: 'failed', reason: `${why}; it could not be put back: ${problem}` };
      }
    }
    const verified = await this.#verify(this.#course.before);
    const shortfall = this.#course.resizing?.shortfall ?? '';
    if (verified.kind === 'up')
      return { kind: 'restored', reason: `${why}; what was there before runs again${shortfall}` };
    const problem = verified.kind === 'aborted' ? this.#parts.brokenOffBecause() : verified.reason;
    return { kind: 'failed', reason: `${why}; what was there before was put back, but: ${problem}` };
  }

  /** Something does not run: this is tried for as long as a rollout may take. */
  async #putBack(write: TemplateWrite, cause: string): Promise<Written> {
    const { clock, random, settings } = this.#parts;
    const { signal } = this.#site;
    const end = clock.nowSeconds() + settings.verifyTimeout;
    for (let attempt = 1; ; attempt += 1) {
      const { before } = this.#course;
      const written = await this.#moves.move(write, this.#written, before, { cause });
      if (written.kind !== 'failure' || !isTransient(written.failure)) return written;
      if (signal?.aborted === true || clock.nowSeconds() >= end) return written;
      await clock.sleep(pauseSeconds(written.failure, attempt, random), signal);
    }
  }

  #success(): string {
    const { requests, instances } = this.#course.goal;
    const size = Object.values(resourcesOf({ requests, limits: {} }).requests).join(' and ');
    const name = describeRef(this.#site.workload);
    if (!this.#leftSomething) return `${name} had ${instances} × ${size} already`;
    const seconds = Math.round(this.#parts.clock.nowSeconds() - this.#startSeconds);
    return `${name} runs ${instances} × ${size} after ${seconds} s${this.#wayNote()}${this.#strategyNote()}`;
  }

  #wayNote(): string {
    const { resizing, rolledBecause, steps } = this.#course;
    if (resizing === undefined) return '';
    if (rolledBecause !== undefined)
      return `; rolled out, since it cannot be resized in place: ${rolledBecause}`;
    const writes = steps.flat();
    const ways = [
      ...(writes.includes('instances') ? ['resized in place'] : []),
      ...(writes.includes('resources') ? ['its template rolled out anew'] : []),
    ];
    return ways.map((way) => `, ${way}`).join('') + resizing.shortfall;
  }

  #strategyNote(): string {
    const { kind, strategy } = this.#site.workload;
    if (!this.#course.steps.flat().includes('resources')) return '';
    if (kind.kind !== 'Deployment' || isGentle(strategy)) return '';
    return `; its rollout strategy (surge ${strategy.maxSurge}, unavailable ${strategy.maxUnavailable}) was left as it is`;
  }
}

function afterWrite(write: TemplateWrite, written: TargetState, wanted: TargetState): TargetState {
  return write === 'resources'
    ? { ...wanted, instances: written.instances }
    : { ...written, instances: wanted.instances };
}

function unknownWrite(why: string): Trouble {
  return { kind: 'lost', reason: `it is not known whether it was written: ${why}` };
}

function stands(write: TemplateWrite, live: TargetState, wanted: TargetState): boolean {
  return write === 'resources' ? sameResources(live, wanted) : live.instances === wanted.instances;
}
