import type { ControlPlane } from '../control-plane.ts';
import { PODS } from '../resource-types.ts';
import { isHealthy } from './container-status.ts';
import { runDeployments } from './deployments.ts';
import { collectGarbage, countQuotas } from './garbage.ts';
import { type Fate, Manager } from './manager.ts';
import { ageMsOf, isPodReady, isResizing, runPods } from './pods.ts';
import { runReplicaSets } from './replica-sets.ts';
import { runRollouts } from './rollouts.ts';
import { runStatefulSets } from './stateful-sets.ts';

export type { Fate };

/** All controllers: they work after every change, until nothing is left to do. */
export class Controllers {
  readonly #plane: ControlPlane;
  readonly #manager: Manager;
  readonly #podReadyMs: number;
  #forget: () => void = () => undefined;
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #working = false;

  constructor(plane: ControlPlane, podReadyMs: number) {
    this.#plane = plane;
    this.#manager = new Manager(plane);
    this.#podReadyMs = podReadyMs;
  }

  setFate(namespace: string, workload: string, fate: Fate): void {
    this.#manager.setFate(namespace, workload, fate);
  }

  start(): void {
    this.#forget = this.#plane.storage.onChange(() => this.#wake());
  }

  stop(): void {
    this.#forget();
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
  }

  /** Works until nothing changes any more. */
  step(): void {
    const began = this.#plane.now();
    this.#working = true;
    try {
      for (let round = 0; round < 100; round += 1) {
        const before = this.#plane.storage.version;
        this.#round();
        if (this.#plane.storage.version === before) return;
      }
    } finally {
      this.#working = false;
      this.#wakeForPods(began);
    }
  }

  #round(): void {
    collectGarbage(this.#manager);
    runDeployments(this.#manager);
    runRollouts(this.#manager);
    runStatefulSets(this.#manager);
    runReplicaSets(this.#manager);
    runPods(this.#manager, this.#podReadyMs);
    countQuotas(this.#manager);
  }

  #wake(): void {
    if (this.#working) return;
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.step();
    });
  }

  /**
   * Pods get ready, or crash, with time, and time is no change that would wake anybody. `began`: before the pods were looked at, as one
   * that has become old enough since then was not seen to be.
   */
  #wakeForPods(began: Date): void {
    clearTimeout(this.#later);
    const waiting = this.#plane.storage
      .list(PODS)
      .some(
        (pod) =>
          isResizing(pod) ||
          ageMsOf(pod, began) < this.#podReadyMs ||
          (!isPodReady(pod) && isHealthy(this.#manager.fateOf(pod))),
      );
    if (waiting) this.#later = setTimeout(() => this.step(), Math.max(1, this.#podReadyMs));
  }
}
