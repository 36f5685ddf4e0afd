/** The daemon as the API sees it, from the parts that it is made of. */
import type { Daemon, OperatorControls } from '../models/daemon.ts';
import type { ServiceSpec } from '../models/data-models.ts';
import type { Decision } from '../models/decisions.ts';
import type { HistoryStatus } from '../models/history.ts';
import type { TrafficIntake } from '../models/ports.ts';
import type { Settings } from '../models/settings.ts';
import type { TrafficSource } from '../models/sources.ts';
import { noteCapacity } from './capacities.ts';
import type { ControlLoop } from './control-loop.ts';
import { freezeAt } from './guard/freeze-windows.ts';
import { measureObjectives } from './objectives/objectives.ts';
import { layOver } from './operator/lay-over.ts';
import type { ControlParts } from './parts.ts';
import { rememberedFor } from './remembered-for.ts';
import type { Rollouts } from './rollouts/rollouts.ts';
import { voidAssumption } from './void-assumption.ts';
import { whatIf } from './what-if.ts';

export interface DaemonParts extends ControlParts {
  /** The settings of the configuration, without what a person set. */
  readonly configured: Settings;
  readonly traffic: ControlParts['traffic'] & TrafficIntake;
  readonly rollouts: Rollouts;
  readonly source: TrafficSource;
}

/** With thousands of chains they take a second: a page and a scraper that come together share them. */
const OBJECTIVES_SECONDS = 2;

/** `manifests`: how a decision is written for kubectl. */
export function daemonOf(
  parts: DaemonParts,
  loop: Pick<ControlLoop, 'runPass' | 'statistics'>,
  manifests: (decision: Decision, settings: Settings) => string,
): Daemon {
  return {
    get settings() {
      return parts.settings;
    },
    get predictor() {
      return parts.predictor.status;
    },
    get passes() {
      return loop.statistics;
    },
    get sources() {
      return (parts.settings.prometheus?.services.size ?? 0) > 0 ? [parts.source.status] : [];
    },
    clock: parts.clock,
    intake: parts.traffic,
    traffic: parts.traffic,
    profiles: parts.profiles,
    history: parts.store,
    forecasts: () => parts.memory.forecasts,
    latestDecision: () => parts.memory.latest,
    runPass: (trigger) => loop.runPass(trigger),
    whatIf: (changes) => whatIf(parts, changes),
    capacityInForce: (service) => parts.capacities.inForce(service),
    setApplied: (service, allocation) => {
      voidAssumption(parts, service, allocation);
      noteCapacity(parts, service, allocation, 'applied');
      return parts.capacities.inForce(service)!;
    },
    recordUsage: (sample) => {
      parts.usage.note(sample);
      parts.store.saveUsage([sample]);
    },
    changes: {
      get idleBecause() {
        return parts.executor.idleBecause;
      },
      get counts() {
        return parts.changes.counts;
      },
      latest: () => parts.changes.latest(),
    },
    latestUsage: (service) => parts.usage.latest(service),
    notReadyBecause: () => historyTrouble(parts.store.status),
    objectives: rememberedFor(parts.clock, OBJECTIVES_SECONDS, () => measureObjectives(parts)),
    operator: operatorOf(parts, manifests),
    freeze: () => freezeAt(parts.settings.control.freezeWindows, parts.clock.nowSeconds()),
  };
}

function operatorOf(
  parts: DaemonParts,
  manifests: (decision: Decision, settings: Settings) => string,
): OperatorControls {
  const { operator } = parts;
  const inForce = <State>(state: State): State => {
    parts.settings = layOver(parts.configured, operator.state);
    return state;
  };
  return {
    get state() {
      return operator.state;
    },
    get configured() {
      return parts.configured;
    },
    get idleBecause() {
      return parts.executor.idleBecause;
    },
    pause: (reason) => inForce(operator.pause(reason)),
    resume: () => inForce(operator.resume()),
    setMode: (service, mode) => inForce(operator.setMode(service, mode)),
    undo: async (service) => {
      const outcome = await parts.rollouts.undo(service);
      if (outcome.kind === 'undone') inForce(operator.setMode(service, 'recommend'));
      return outcome;
    },
    manifests: () => {
      const { latest } = parts.memory;
      return latest === undefined ? undefined : manifests(latest, asFound(parts));
    },
  };
}

/** Workloads and containers as the cluster has them, where it tells. */
function asFound({ settings, targets }: DaemonParts): Settings {
  const services = [...settings.topology.services].map(([id, spec]): [string, ServiceSpec] => {
    const reading = targets.reading(id);
    return [id, reading?.kind === 'running' ? { ...spec, ...reading.place } : spec];
  });
  return { ...settings, topology: { ...settings.topology, services: new Map(services) } };
}

function historyTrouble({ failure, waiting }: HistoryStatus): readonly string[] {
  if (failure === undefined) return [];
  return [`the history cannot be written (${failure}); ${waiting} rows wait in memory`];
}
