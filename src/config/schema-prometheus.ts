/** The section that says how Prometheus is read. What presets fill in stands in prometheus-presets.ts. */
import { Type } from 'typebox';
import { IdSchema, ServiceIdSchema } from './schema-topology.ts';

const text = (description: string, derived = 'none') =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 10_000, derived, description }));

const query = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 100_000,
      derived: 'of the preset',
      allowed: 'PromQL as text; empty text: not asked for',
      description,
    }),
  );

const label = (description: string, derived: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
      allowed: 'the name of a label: letters, digits and underscores',
      derived,
      description,
    }),
  );

const matchers = (description: string) =>
  Type.String({
    default: '',
    maxLength: 10_000,
    allowed: 'label matchers as in PromQL, without braces, such as namespace="shop"',
    description,
  });

const patterns = {
  single: true,
  minItems: 1,
  allowed: 'a regular expression for the whole value, or a list of them',
};
const Match = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), patterns));

const QueriesSchema = Type.Object(
  {
    requests: query(
      'Requests/s by service and chain, failed ones included. Else as many as the latency query has.',
    ),
    errors: query('Failed requests/s by service and chain.'),
    latency: query('Latency histogram of the answered requests, per second: buckets by `le`, or native.'),
    latency_sum: query('Latency of the answered requests, summed, per second.'),
    samples: query('Samples of the best scraped instance within `$window`; fewer than usual are a gap.'),
    end_to_end: query('Latency histogram of the chains end to end, by the chain label.'),
    end_to_end_errors: query('Failed requests/s of the chains end to end.'),
    cpu: query('Cores in use, by pod and container or by service.'),
    throttled: query('Share of the CPU periods that were throttled, by pod and container or by service.'),
    memory: query('Working set in bytes, by pod and container or by service.'),
  },
  { default: {}, additionalProperties: false, description: 'PromQL instead of that of the preset.' },
);

const BasicAuthSchema = Type.Optional(
  Type.Object(
    {
      username: Type.String({
        minLength: 1,
        derived: 'none',
        secret: true,
        description: 'For basic authentication.',
      }),
      password: Type.Optional(
        Type.String({ derived: 'none', secret: true, description: 'Better in a file.' }),
      ),
      password_file: text('File with the password; read again when it changes.'),
    },
    { additionalProperties: false },
  ),
);

const TlsSchema = Type.Object(
  {
    ca_file: text('PEM file of the authorities that are trusted, instead of the public ones.'),
    cert_file: text('PEM file of the certificate that we show.'),
    key_file: text('PEM file of its key.'),
    server_name: text('Name that the certificate of the server must have.', 'host of the url'),
    insecure: Type.Boolean({ default: false, description: 'Takes any certificate. Not for production.' }),
  },
  { default: {}, additionalProperties: false },
);

export const PrometheusSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s@/?#]+(/[^\\s?#@]*)?$',
        secret: true,
        allowed:
          'an http:// or https:// address without user, password and parameters (basic_auth is for those)',
        derived: 'none',
        description: 'Address of Prometheus, Thanos or Mimir: what stands before `/api/v1`.',
      }),
    ),
    preset: Type.Enum(['none', 'istio', 'linkerd', 'opentelemetry'], {
      default: 'none',
      description: 'Which metrics the services are known by.',
    }),
    histograms: Type.Enum(['classic', 'native'], {
      default: 'classic',
      description: 'Which kind of histogram the queries of the preset ask for.',
    }),
    selector: matchers('Narrows the traffic queries of the preset.'),
    pod_selector: matchers('Narrows the cAdvisor queries.'),
    service_label: label('Label that names the service.', 'of the preset'),
    chain_label: label('Label that tells the chains of a service apart.', 'of the preset'),
    pod_label: label('Label that names the pod in the queries for CPU and memory.', 'pod'),
    latency_unit: Type.Optional(
      Type.Enum(['s', 'ms'], { derived: 'of the preset, else s', description: 'Unit of the histograms.' }),
    ),
    services: Type.Record(
      ServiceIdSchema,
      Type.Object(
        {
          match: Match,
          pods: Match,
          chains: Type.Record(
            IdSchema,
            Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), patterns),
            {
              default: {},
              propertyNames: IdSchema,
            },
          ),
        },
        { additionalProperties: false },
      ),
      {
        default: {},
        propertyNames: ServiceIdSchema,
        description:
          '`match`: values of the service label that are this service (its name). `pods`: names of its pods (those of a Deployment or StatefulSet of its name). `chains`: values of the chain label at this service, by chain.',
      },
    ),
    chains: Type.Record(IdSchema, Type.Object({ match: Match }, { additionalProperties: false }), {
      default: {},
      propertyNames: IdSchema,
      description: '`match`: values of the chain label that are this chain (its name).',
    }),
    queries: QueriesSchema,
    step: Type.Integer({
      default: 30,
      unit: 's',
      minimum: 1,
      maximum: 60,
      description: 'Time from one point to the next, and between two refreshes. 60 must be a multiple of it.',
    }),
    window: Type.Integer({
      default: 60,
      unit: 's',
      minimum: 1,
      maximum: 600,
      description: 'Time that each point looks back over (`$window`): four scrape intervals, at least two.',
    }),
    delay: Type.Number({
      default: 10,
      unit: 's',
      minimum: 0,
      maximum: 60,
      description: 'How long a sample needs until it can be asked for.',
    }),
    lookback: Type.Optional(
      Type.Integer({
        unit: 's',
        minimum: 0,
        derived: 'monitoring.window_size',
        description: 'How far back the first refresh reaches.',
      }),
    ),
    timeout: Type.Number({
      default: 20,
      unit: 's',
      minimum: 0.1,
      maximum: 600,
      description: 'Longest wait for one answer.',
    }),
    max_answer: Type.Integer({
      default: 67_108_864,
      unit: 'bytes',
      minimum: 1024,
      maximum: 1_073_741_824,
      description: 'Largest answer that is read. What is larger is asked for in shorter stretches.',
    }),
    partial_answers: Type.Enum(['refuse', 'accept'], {
      default: 'refuse',
      description: 'What is done with an answer that carries warnings: data may be missing in it.',
    }),
    headers: Type.Record(
      Type.String({
        pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        allowed: 'the name of an HTTP header',
      }),
      Type.String({
        pattern: '^[\\x20-\\x7e]*$',
        secret: true,
        allowed: 'text of printable ASCII; a number needs quotes',
      }),
      {
        default: {},
        propertyNames: Type.String({
          pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
          allowed: 'the name of an HTTP header',
        }),
        description: 'Sent with every query, such as `X-Scope-OrgID` for the tenant. Never shown.',
      },
    ),
    token_file: text('File with a bearer token; read again when it changes.'),
    basic_auth: BasicAuthSchema,
    tls: TlsSchema,
  },
  {
    default: {},
    additionalProperties: false,
    description: 'Prometheus as the source of traffic (docs/prometheus.md).',
  },
);
