/** The sections that set how the daemon works. Each key carries its default, unit, range and description. */
import { Type } from 'typebox';

const SECTION = { default: {}, additionalProperties: false };
const DAY = 86_400;

const AuthSchema = Type.Object(
  {
    token_file: Type.Optional(
      Type.String({
        minLength: 1,
        derived: 'none',
        description:
          'File with the tokens of operators, one a line, relative to the working folder; read again when it changes. Without it and `DTA_SLO_TOKEN` nobody is asked for a token.',
      }),
    ),
    intake_token_file: Type.Optional(
      Type.String({
        minLength: 1,
        derived: 'none',
        description:
          'The same for tokens that are good for telling traffic and use only: for services and agents.',
      }),
    ),
    protect: Type.Enum(['writes', 'all'], {
      default: 'writes',
      description:
        'What needs a token: every call that changes something, or reading too. Health never does.',
    }),
    intake: Type.Enum(['protected', 'open'], {
      default: 'protected',
      description: 'Whether `POST /requests` and `/services/{service}/usage` need one.',
    }),
  },
  { ...SECTION, description: 'Who may call what (docs/security.md).' },
);

export const ServerSchema = Type.Object(
  {
    host: Type.String({
      default: '0.0.0.0',
      minLength: 1,
      description: 'Address to listen on; `127.0.0.1` serves this machine only.',
    }),
    port: Type.Integer({
      default: 8000,
      minimum: 0,
      maximum: 65535,
      description: 'TCP port; 0 takes a free one and logs which.',
    }),
    log_level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      default: 'info',
      description: 'Least important lines that are logged.',
    }),
    body_limit: Type.Integer({
      default: 10_485_760,
      unit: 'bytes',
      minimum: 1024,
      maximum: 1_073_741_824,
      description: 'Largest request body. NDJSON is streamed: there it bounds one line.',
    }),
    allowed_hosts: Type.Array(
      Type.String({
        maxLength: 253,
        pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
        allowed: 'the name of a host, without scheme and port',
      }),
      {
        default: [],
        maxItems: 100,
        description:
          'Names under which browsers may call what changes something without a token, such as that of an Ingress. Addresses, `localhost`, names without dots and those that end in `.localhost`, `.svc`, `.svc.cluster.local`, `.local` or `.internal` may always; other clients under any name.',
      },
    ),
    auth: AuthSchema,
  },
  { ...SECTION, description: 'The HTTP side.' },
);

export const MonitoringSchema = Type.Object(
  {
    sampling_interval: Type.Number({
      default: 1,
      unit: 's',
      minimum: 0.1,
      maximum: 60,
      description: 'Width of the finest counting interval.',
    }),
    window_size: Type.Integer({
      default: 3600,
      unit: 's',
      minimum: 60,
      maximum: DAY,
      description: 'How far back the metrics reach, and how late a record may come.',
    }),
    source: Type.Enum(['http', 'prometheus'], {
      default: 'http',
      description:
        'Where the traffic is read from: records posted to the daemon, or Prometheus (docs/prometheus.md). A service can say otherwise.',
    }),
    latency_scope: Type.Optional(
      Type.Enum(['own', 'total'], {
        derived: 'own; total with a preset of prometheus in use',
        description:
          '`own`: response times leave out the wait for called services. `total`: they contain it (service meshes, OpenTelemetry spans).',
      }),
    ),
    unknown: Type.Enum(['reject', 'learn'], {
      default: 'reject',
      description: 'What a record of a service, a chain or a pair that is not configured meets.',
    }),
    max_series: Type.Integer({
      default: 20_000,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Most series (a chain at a service, a chain end to end) that are kept; bounds the memory. At least the configured ones.',
    }),
    future_tolerance: Type.Number({
      default: 5,
      unit: 's',
      minimum: 0,
      maximum: 3600,
      description: 'How far ahead of the clock a timestamp may lie.',
    }),
  },
  { ...SECTION, description: 'What is kept of the traffic.' },
);

export const PredictionSchema = Type.Object(
  {
    sequence_length: Type.Integer({
      default: 60,
      unit: 'steps',
      minimum: 2,
      maximum: 1000,
      description: 'Steps of the past that the network sees.',
    }),
    prediction_horizon: Type.Integer({
      default: 10,
      unit: 'steps',
      minimum: 1,
      maximum: 120,
      description: 'Steps that are forecast.',
    }),
    feature_dim: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 3,
      description: 'How many of request rate, latency and error rate the network sees.',
    }),
    step: Type.Optional(
      Type.Integer({
        unit: 's',
        minimum: 1,
        maximum: 3600,
        derived: 'window_size / sequence_length',
        description: 'Length of a step. `sequence_length` steps must fit in `monitoring.window_size`.',
      }),
    ),
    units: Type.Array(Type.Integer({ minimum: 1, maximum: 512 }), {
      default: [32],
      minItems: 1,
      maxItems: 4,
      description:
        "Units of the GRU layers, first to last. The original framework's network is `units: [128, 64, 32]`, `dense: [64, 32]`, `batch_norm: true`, `dropout: 0.2`.",
    }),
    dense: Type.Array(Type.Integer({ minimum: 1, maximum: 512 }), {
      default: [64],
      maxItems: 4,
      description: 'Units of the dense layers between the GRU and the outputs, first to last.',
    }),
    batch_norm: Type.Boolean({
      default: false,
      description: 'Batch normalisation after each GRU layer.',
    }),
    dropout: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 0.9,
      description: 'Share of the outputs of each GRU layer that a training step leaves out.',
    }),
    learning_rate: Type.Number({
      default: 0.003,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Step width of the optimiser.',
    }),
    batch_size: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 4096,
      description: 'Samples in one training step.',
    }),
    max_epochs: Type.Integer({
      default: 60,
      minimum: 1,
      maximum: 10_000,
      description: 'Most passes over the history in one training.',
    }),
    training_budget: Type.Number({
      default: 60,
      unit: 's',
      minimum: 1,
      maximum: 3600,
      description: 'A training stops after this long and keeps its best epoch.',
    }),
    training_memory: Type.Integer({
      default: 512,
      unit: 'MiB',
      minimum: 64,
      maximum: 65_536,
      description:
        'Memory that a training may take. Of a history that does not fit the newest steps are learned from, and of many chains a choice; a training that needs more is ended.',
    }),
    retrain_interval: Type.Number({
      default: 3600,
      unit: 's',
      minimum: 10,
      maximum: 30 * DAY,
      description: 'Time between trainings.',
    }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 4_294_967_295,
      description: 'Seed of first weights and shuffles: the same history gives the same network.',
    }),
  },
  { ...SECTION, description: 'The forecast of the traffic.' },
);

export const AllocationSchema = Type.Object(
  {
    price_per_core: Type.Number({
      default: 100,
      exclusiveMinimum: 0,
      maximum: 1e9,
      description: 'Cost of one core; only the ratio of the prices matters.',
    }),
    price_per_mebibyte: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 1e9,
      description: 'Cost of one MiB of memory.',
    }),
    instance_cost: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1e9,
      description: 'Cost of an instance by itself, whatever its size.',
    }),
    cpu_quantum: Type.Number({
      default: 0.05,
      unit: 'cores',
      minimum: 0.001,
      maximum: 16,
      description: "An instance's cpu is a multiple of this, or its bound.",
    }),
    in_place_quantum: Type.Number({
      default: 0.01,
      unit: 'cores',
      minimum: 0.001,
      maximum: 16,
      description:
        'The same for services in mode `in-place`, where a small change costs nothing; at most `cpu_quantum`.',
    }),
    slo_margin: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 0.9,
      description: 'Share of every SLO that planning leaves unused where the bounds allow it.',
    }),
    in_place_margin: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 0.9,
      description:
        'Share that planning leaves unused of the requests that may be over the SLO, for chains all of whose services are in mode `in-place`.',
    }),
    in_place_pooling: Type.Number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description:
        'How far the instances of a service in mode `in-place` share their CPU quotas when they are busy: 0.9 where a request goes to the one with the fewest under way (least request), 0.6 where to one after the other, 0 where to any of them (kube-proxy).',
    }),
    max_utilization: Type.Number({
      default: 0.8,
      minimum: 0.1,
      maximum: 0.99,
      description:
        'Plans stay below this utilisation even where no SLO asks for it: a load that grows by control.load_jump before the next pass must still fit.',
    }),
    in_place_utilization: Type.Number({
      default: 0.95,
      minimum: 0.1,
      maximum: 0.96,
      description:
        'The same for services in mode `in-place` all of whose chains pass through such alone: their next change is seconds away, and what a load does to latency is measured.',
    }),
    risk_factor: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description:
        'How cautious plans are about what is not known well: 0 holds the predicted latency to the SLO, 1 its upper 95 % confidence limit.',
    }),
  },
  { ...SECTION, description: 'What the plan minimises.' },
);
