/** What a person has set on the running daemon: a pause, and modes of services. It survives a restart. */

import type { OperatorState } from '../../models/daemon.ts';
import type { ServiceMode } from '../../models/data-models.ts';
import type { HistoryJournal } from '../../models/history.ts';
import type { Clock, Logger } from '../../models/ports.ts';
import type { Pause } from '../../models/settings.ts';
import { decodeState, encodeState } from './saved-state.ts';

/** Name of the stored state. */
export const OPERATOR_STATE = 'operator';

export interface OperatorBookParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Pick<HistoryJournal, 'saveState' | 'loadState'>;
}

/** Each change is on disk when the call returns. */
export class OperatorBook {
  readonly #parts: OperatorBookParts;
  #state: OperatorState = { modes: new Map() };

  constructor(parts: OperatorBookParts) {
    this.#parts = parts;
  }

  get state(): OperatorState {
    return this.#state;
  }

  /** A second pause keeps the time of the first and takes the new reason. */
  pause(reason: string): OperatorState {
    const sinceSeconds = this.#state.paused?.sinceSeconds ?? this.#parts.clock.nowSeconds();
    return this.#set({ ...this.#state, paused: { sinceSeconds, reason } }, 'paused by the operator');
  }

  resume(): OperatorState {
    return this.#set({ modes: this.#state.modes }, 'resumed by the operator');
  }

  /** Undefined takes the service back to the mode of the configuration. */
  setMode(service: string, mode: ServiceMode | undefined): OperatorState {
    const modes = new Map(this.#state.modes);
    if (mode === undefined) modes.delete(service);
    else modes.set(service, mode);
    return this.#set({ ...this.#state, modes }, 'mode set by the operator');
  }

  /** Services that are no longer configured keep nothing: one that comes back later comes with its configured mode. */
  keepOnly(services: ReadonlyMap<string, unknown>): void {
    const modes = new Map([...this.#state.modes].filter(([service]) => services.has(service)));
    if (modes.size < this.#state.modes.size)
      this.#set({ ...this.#state, modes }, 'modes of services that are gone are forgotten');
  }

  /** Takes back what was set before the restart. What cannot be read pauses everything: it may have been a pause. */
  restore(): void {
    const saved = this.#parts.store.loadState(OPERATOR_STATE);
    if (saved === undefined) return;
    const state = decodeState(saved);
    this.#state = state ?? { modes: new Map(), paused: this.#unreadable() };
    this.#parts.logger.info(fieldsOf(this.#state), 'what the operator had set is in force again');
  }

  #unreadable(): Pause {
    const reason = 'what the operator had set could not be read after the restart';
    this.#parts.logger.error({}, `${reason}; changes are paused until somebody resumes them`);
    return { sinceSeconds: this.#parts.clock.nowSeconds(), reason };
  }

  #set(state: OperatorState, message: string): OperatorState {
    this.#parts.store.saveState(OPERATOR_STATE, encodeState(state));
    this.#state = state;
    this.#parts.logger.info(fieldsOf(state), message);
    return state;
  }
}

function fieldsOf({ paused, modes }: OperatorState): object {
  return { paused: paused ?? null, modes: Object.fromEntries(modes) };
}
