import type { SimulatedSystem } from '../simulator/system.ts';
import type { RunEvent } from './traffic/events.ts';

/** What happens to a system whatever its policy does, in the order of time. */
export class CellEvents {
  readonly #events: readonly RunEvent[];
  #next = 0;
  #isOut = false;

  constructor(events: readonly RunEvent[]) {
    this.#events = events;
  }

  /** Infinity when nothing comes any more. */
  get nextSeconds(): number {
    return this.#events[this.#next]?.atSeconds ?? Infinity;
  }

  /** Whether the metrics pipeline is out. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** Lets happen what has not yet and is due. */
  happen(system: SimulatedSystem): void {
    while (this.nextSeconds <= system.nowSeconds) this.#apply(this.#events[this.#next++]!, system);
  }

  #apply(event: RunEvent, system: SimulatedSystem): void {
    switch (event.kind) {
      case 'demand-factor':
        system.setDemandFactor(event.service, event.factor);
        return;
      case 'kill': {
        const running = system.instances(event.service).length;
        system.kill(event.service, Math.max(1, Math.floor(event.share * running)));
        return;
      }
      case 'outage-begin':
        this.#isOut = true;
        return;
      case 'outage-end':
        this.#isOut = false;
    }
  }
}

export interface Outage {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** When the metrics pipeline is out in a run of that length. */
export function outagesOf(events: readonly RunEvent[], durationSeconds: number): Outage[] {
  return events.flatMap(({ kind, atSeconds }, i) => {
    if (kind !== 'outage-begin') return [];
    const end = events.slice(i).find((event) => event.kind === 'outage-end');
    return [{ fromSeconds: atSeconds, toSeconds: end?.atSeconds ?? durationSeconds }];
  });
}
