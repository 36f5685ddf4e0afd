import { closeSync, openSync, writeSync } from 'node:fs';
import type { ChangeRecord } from '../../../src/models/changes.ts';
import type { Daemon } from '../../../src/models/daemon.ts';
import type { Decision } from '../../../src/models/decisions.ts';
import type { ForecastOutcome } from '../../../src/models/forecasts.ts';
import type { ProfileLearner } from '../../../src/models/ports.ts';
import { EPOCH_SECONDS } from './simulated-clock.ts';

/** Sees what the daemon does: each pass, and each change as its state changes. */
export interface Observer {
  onDecision(decision: Decision, daemon: Knowledge): void;
  onChange(change: ChangeRecord): void;
  close(): void;
}

/** What the daemon knew when it decided. */
export type Knowledge = Pick<Daemon, 'forecasts' | 'predictor'> & {
  readonly profiles: Pick<ProfileLearner, 'composition' | 'demandDrift' | 'getLoadLatencyProfile'>;
};

/** Writes JSON lines to a file, to find out afterwards why it did what it did. Times in s since the start. */
export function decisionTrace(file: string): Observer {
  const descriptor = openSync(file, 'w');
  const write = (line: object) => writeSync(descriptor, `${JSON.stringify(line)}\n`);
  return {
    onDecision: (decision, daemon) => write(decisionLine(decision, daemon)),
    onChange: (change) => write(changeLine(change)),
    close: () => closeSync(descriptor),
  };
}

function decisionLine(decision: Decision, { forecasts, predictor, profiles }: Knowledge): object {
  const { atSeconds, trigger, status, cost, lowerBound, gap } = decision;
  return {
    kind: 'decision',
    at: atSeconds - EPOCH_SECONDS,
    trigger,
    status,
    cost,
    lowerBound,
    gap,
    demandDrift: profiles.demandDrift(),
    training: predictor.lastTraining,
    forecasts: [...forecasts().values()].map(forecastOf),
    services: decision.services.map(({ id, cpu, memory, instances, current, planned, ...service }) => ({
      id,
      current: shapeOf(current),
      ...(planned !== undefined && { planned: shapeOf(planned) }),
      decided: shapeOf({ cpu, memory, instances }),
      status: service.status,
      reason: service.reason,
      explanation: service.explanation,
      profiles: profiles.getLoadLatencyProfile(id).map(profileOf),
    })),
    chains: decision.chains.map((chain) => ({ ...chain, composition: profiles.composition(chain.id) })),
  };
}

function forecastOf(outcome: ForecastOutcome): object {
  if (outcome.kind !== 'forecast') return outcome;
  const { chain, model, medians, maximum95, maximumOrigins } = outcome;
  return { chain, model, medians, maximum95, maximumOrigins };
}

function shapeOf({ cpu, memory, instances }: { cpu: number; memory: number; instances: number }): object {
  return { cpu, memory, instances };
}

function profileOf({
  chain,
  source,
  floorSeconds,
  queueingSeconds,
  exponent,
  verticalExponent,
  demandCoreSeconds,
  demandSource,
  confidence,
  upperFactor,
  windows,
  utilizationRange,
}: ReturnType<ProfileLearner['getLoadLatencyProfile']>[number]): object {
  return {
    chain,
    source,
    a: floorSeconds,
    b: queueingSeconds,
    k: exponent,
    eta: verticalExponent,
    demand: demandCoreSeconds,
    demandSource,
    confidence,
    upperFactor,
    windows,
    utilizationRange,
  };
}

function changeLine({ atSeconds, finishedSeconds, ...change }: ChangeRecord): object {
  return {
    kind: 'change',
    at: atSeconds - EPOCH_SECONDS,
    ...(finishedSeconds !== undefined && { finished: finishedSeconds - EPOCH_SECONDS }),
    ...change,
  };
}
