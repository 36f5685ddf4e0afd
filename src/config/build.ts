/** From the shape of the file to the shape that the parts use. */
import { Secret } from '../models/secret.ts';
import type { AuthSettings, Settings } from '../models/settings.ts';
import { buildPrometheus, latencyScope } from './build-prometheus.ts';
import { buildTopology } from './build-topology.ts';
import { freezeWindow } from './freeze-windows.ts';
import type { FlagValues } from './overrides.ts';
import type { ConfigFile } from './schema.ts';
import { defaultStep } from './step.ts';

/** `overrides` come from flags and environment and beat the file. */
export function buildSettings(file: ConfigFile, overrides: FlagValues): Settings {
  const prometheus = buildPrometheus(file);
  return {
    server: server(file, overrides),
    monitoring: monitoring(file),
    prediction: prediction(file),
    allocation: allocation(file),
    control: control(file),
    store: store(file, overrides),
    kubernetes: kubernetes(file, overrides),
    ...(prometheus === undefined ? {} : { prometheus }),
    topology: buildTopology(file),
  };
}

function server({ server: section }: ConfigFile, overrides: FlagValues): Settings['server'] {
  return {
    host: overrides.host ?? section.host,
    port: overrides.port ?? section.port,
    logLevel: overrides.logLevel ?? section.log_level,
    bodyLimitBytes: section.body_limit,
    allowedHosts: section.allowed_hosts,
    ...authPart(section.auth, overrides.token),
  };
}

/** Nobody is asked for a token where there is none. */
function authPart(
  { token_file, intake_token_file, protect, intake }: ConfigFile['server']['auth'],
  token: string | undefined,
): { auth?: AuthSettings } {
  if (token_file === undefined && token === undefined) return {};
  return {
    auth: {
      protect,
      intake,
      ...(token_file !== undefined && { tokenFile: token_file }),
      ...(intake_token_file !== undefined && { intakeTokenFile: intake_token_file }),
      ...(token !== undefined && { token: new Secret(token) }),
    },
  };
}

function monitoring(file: ConfigFile): Settings['monitoring'] {
  const { monitoring: section } = file;
  return {
    samplingInterval: section.sampling_interval,
    windowSize: section.window_size,
    latencyScope: section.latency_scope ?? latencyScope(file),
    unknown: section.unknown,
    maxSeries: section.max_series,
    futureTolerance: section.future_tolerance,
  };
}

function prediction({
  prediction: section,
  monitoring: { window_size },
}: ConfigFile): Settings['prediction'] {
  return {
    sequenceLength: section.sequence_length,
    predictionHorizon: section.prediction_horizon,
    featureDim: section.feature_dim,
    step: section.step ?? defaultStep(window_size, section.sequence_length),
    units: section.units,
    dense: section.dense,
    batchNorm: section.batch_norm,
    dropout: section.dropout,
    learningRate: section.learning_rate,
    batchSize: section.batch_size,
    maxEpochs: section.max_epochs,
    trainingBudget: section.training_budget,
    trainingMemory: section.training_memory,
    retrainInterval: section.retrain_interval,
    seed: section.seed,
  };
}

function allocation({ allocation: section }: ConfigFile): Settings['allocation'] {
  return {
    pricePerCore: section.price_per_core,
    pricePerMebibyte: section.price_per_mebibyte,
    instanceCost: section.instance_cost,
    cpuQuantum: section.cpu_quantum,
    inPlaceQuantum: Math.min(section.in_place_quantum, section.cpu_quantum),
    sloMargin: section.slo_margin,
    inPlaceMargin: section.in_place_margin,
    inPlacePooling: section.in_place_pooling,
    maxUtilization: section.max_utilization,
    inPlaceUtilization: section.in_place_utilization,
    riskFactor: section.risk_factor,
  };
}

function control({ control: section }: ConfigFile): Settings['control'] {
  return {
    interval: section.interval,
    minInterval: section.min_interval,
    assumeApplied: section.assume_applied,
    burnRate: section.burn_rate,
    loadJump: section.load_jump,
    warmUp: section.warm_up,
    staleAfter: section.stale_after,
    minConfidence: section.min_confidence,
    maxErrorRatio: section.max_error_ratio,
    minDecrease: section.min_decrease,
    stabilization: section.stabilization,
    largestStep: section.largest_step,
    changeBudget: section.change_budget,
    paused: section.paused,
    freezeWindows: section.freeze_windows.map(freezeWindow),
    inPlace: {
      interval: section.in_place.interval,
      stabilization: section.in_place.stabilization,
      minDecrease: section.in_place.min_decrease,
    },
    ...capsOf(section),
  };
}

function capsOf({
  max_total_cpu,
  max_total_memory,
}: ConfigFile['control']): Pick<Settings['control'], 'caps'> {
  if (max_total_cpu === undefined && max_total_memory === undefined) return {};
  return {
    caps: {
      ...(max_total_cpu !== undefined && { cpu: max_total_cpu }),
      ...(max_total_memory !== undefined && { memory: max_total_memory }),
    },
  };
}

function store({ store: section }: ConfigFile, overrides: FlagValues): Settings['store'] {
  return {
    path: overrides.dataFolder ?? section.path,
    retention: section.retention,
    flushInterval: section.flush_interval,
  };
}

function kubernetes({ kubernetes: section }: ConfigFile, overrides: FlagValues): Settings['kubernetes'] {
  const kubeconfig = overrides.kubeconfig ?? section.kubeconfig;
  return {
    enabled: section.enabled,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(section.context !== undefined && { context: section.context }),
    ...(section.namespace !== undefined && { namespace: section.namespace }),
    label: section.label,
    verifyTimeout: section.verify_timeout,
    requestTimeout: section.request_timeout,
    limitFactor: section.limit_factor,
    lease: section.lease,
    rollouts: section.rollouts,
  };
}
