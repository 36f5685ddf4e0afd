/** Writes a workload from one known state to another, and leaves alone what is in neither. */
import type { TargetState } from '../../../models/changes.ts';
import { changeCause } from '../change-cause.ts';
import { versionOf } from '../workload/version.ts';
import { describeRef, type Workload } from '../workload/workload.ts';
import { scalePatch, templatePatch } from './patch.ts';
import { type Site, stateOf } from './site.ts';
import type { Write } from './steps.ts';
import type { WriteOptions, Writing, Written } from './target.ts';
import { limitsToWrite, sameResources } from './wanted-state.ts';

export interface MoveOptions extends WriteOptions {
  /** Why, where it is not the change's own explanation. */
  readonly cause?: string;
}

export class Moves {
  readonly #site: Site;
  /** Of the pod template: another one is somebody else's change. */
  readonly #version: string;

  constructor(site: Site) {
    this.#site = site;
    this.#version = versionOf(site.workload.template);
  }

  move(
    write: Exclude<Write, 'instances'>,
    from: TargetState,
    to: TargetState,
    options: MoveOptions = {},
  ): Promise<Written> {
    const { target } = this.#site;
    return write === 'resources'
      ? target.apply((workload) => this.#resources(workload, from, to, options), options)
      : target.scale((workload) => this.#replicas(workload, from, to), options);
  }

  /** What somebody else did to it, where it is not in this state. */
  foreign(workload: Workload, expected: TargetState): string | undefined {
    const live = stateOf(workload, this.#site.container);
    if (live === undefined || versionOf(workload.template) !== this.#version)
      return changedByOthers(workload, 'another pod template was rolled out');
    if (!sameResources(live, expected)) return changedByOthers(workload, 'its resources were changed');
    if (live.instances !== expected.instances)
      return changedByOthers(workload, `it was scaled to ${live.instances} instances`);
    return undefined;
  }

  #resources(workload: Workload, from: TargetState, to: TargetState, { cause }: MoveOptions): Writing {
    const { container, change } = this.#site;
    const live = stateOf(workload, container);
    if (live === undefined || versionOf(workload.template) !== this.#version)
      return foreign(workload, 'another pod template was rolled out');
    if (sameResources(live, to)) return { kind: 'stands' };
    if (!sameResources(live, from)) return foreign(workload, 'its resources were changed');
    const body = templatePatch(workload, {
      container,
      requests: to.requests,
      limits: limitsToWrite(to, live, workload.managers, container),
      cause: changeCause(change.decision, cause ?? change.explanation),
    });
    return { kind: 'body', body };
  }

  #replicas(workload: Workload, from: TargetState, to: TargetState): Writing {
    if (workload.replicas === to.instances) return { kind: 'stands' };
    if (workload.replicas !== from.instances)
      return foreign(workload, `it was scaled to ${workload.replicas} instances`);
    return { kind: 'body', body: scalePatch(workload, to.instances) };
  }
}

function foreign(workload: Workload, what: string): Writing {
  return { kind: 'foreign', reason: changedByOthers(workload, what) };
}

function changedByOthers(workload: Workload, what: string): string {
  return `somebody else changed ${describeRef(workload)} meanwhile: ${what}; it is left as it is`;
}
