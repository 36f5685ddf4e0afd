/** The sections that say what there is: services, chains and their SLOs. */
import { type TSchema, Type } from 'typebox';
import { AVAILABLE_MODES } from '../models/data-models.ts';

/** `__proto__` is refused so that no table of names anywhere has to fear it. */
export const IdSchema = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^(?!__proto__$)[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  allowed: 'text of 1 to 253 characters without control characters, other than __proto__',
});

/** The API's own words under /allocations/ are no names of services: their allocations could not be asked for. */
export const ServiceIdSchema = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^(?!(?:__proto__|history|what-if)$)[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  allowed:
    'text of 1 to 253 characters without control characters, other than __proto__, history and what-if',
});

const label = (what: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$',
      allowed: 'a Kubernetes name: small letters, digits, dashes and dots',
      derived: 'none',
      description: what,
    }),
  );

const CPU = { unit: 'cores', minimum: 0.001, maximum: 1024 };
const MEMORY = { unit: 'MiB', minimum: 1, maximum: 16_777_216 };
const INSTANCES = { minimum: 1, maximum: 10_000 };

const InitialSchema = Type.Object(
  {
    cpu: Type.Optional(
      Type.Number({ ...CPU, derived: 'max_cpu', description: 'Cores of one instance at the start.' }),
    ),
    memory: Type.Optional(
      Type.Number({ ...MEMORY, derived: 'max_memory', description: 'Memory of one instance at the start.' }),
    ),
    instances: Type.Optional(
      Type.Integer({ ...INSTANCES, derived: 'min_instances', description: 'Instances at the start.' }),
    ),
  },
  {
    default: {},
    additionalProperties: false,
    description: 'What the service runs with as long as nothing better is told.',
  },
);

export const ServiceSchema = Type.Object(
  {
    chains: Type.Array(IdSchema, {
      minItems: 1,
      allowed: 'a list of at least one chain',
      description: 'Chains that pass through the service.',
    }),
    min_cpu: Type.Number({ ...CPU, description: 'Least cores of one instance.' }),
    max_cpu: Type.Number({ ...CPU, description: 'Most cores of one instance.' }),
    min_memory: Type.Number({ ...MEMORY, description: 'Least memory of one instance.' }),
    max_memory: Type.Number({ ...MEMORY, description: 'Most memory of one instance.' }),
    min_instances: Type.Integer({ ...INSTANCES, default: 1, description: 'Fewest instances.' }),
    max_instances: Type.Integer({ ...INSTANCES, default: 10, description: 'Most instances.' }),
    parallelism: Type.Optional(
      Type.Number({
        ...CPU,
        derived: 'max_cpu',
        description: 'Cores that one instance can use at most: 1 for a single-threaded program.',
      }),
    ),
    source: Type.Optional(
      Type.Enum(['http', 'prometheus'], {
        derived: 'monitoring.source',
        description: 'Where the traffic of this service is read from.',
      }),
    ),
    mode: Type.Enum([...AVAILABLE_MODES], {
      default: 'recommend',
      allowed: 'recommend, rolling or in-place',
      description:
        'What is done with a decision. `recommend`: it is shown and stored; `rolling`: it is rolled out in the cluster; `in-place`: the instances that run are resized.',
    }),
    limits: Type.Enum(['follow', 'keep', 'none'], {
      default: 'follow',
      description:
        'Kubernetes limits: a multiple of the requests (`kubernetes.limit_factor`), as they are, or none of ours. Not used by `recommend`.',
    }),
    initial: InitialSchema,
    namespace: label('Kubernetes namespace of the service.'),
    deployment: Type.Optional(
      Type.String({
        pattern: '^([A-Z][A-Za-z0-9]{0,62}/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$',
        allowed: 'the name of a Deployment, or kind and name such as StatefulSet/cart',
        derived: 'looked for by name and label',
        description: 'What the service runs as: a Deployment, `StatefulSet/name` or `Rollout/name`.',
      }),
    ),
    container: label('Container that is sized, where there are several.'),
  },
  { additionalProperties: false },
);

export const SloSchema = Type.Object(
  {
    latency: Type.Number({
      unit: 's',
      exclusiveMinimum: 0,
      maximum: 86_400,
      description: 'Bound of the end-to-end latency.',
    }),
    percentile: Type.Number({
      default: 0.95,
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description: 'The percentile that is held to the bound, as a fraction.',
    }),
    objective: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        derived: 'percentile',
        description: 'Share of requests to be answered well and in time; the rest is the error budget.',
      }),
    ),
    priority: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1000,
      description: 'Weight when not every chain can be served; larger is more important.',
    }),
  },
  { additionalProperties: false, shorthand: 'latency' },
);

const STAGE = {
  minItems: 1,
  allowed: 'a list of at least one branch; a branch is a service or a list of services in sequence',
};

const branchOf = <Item extends TSchema>(items: Item) =>
  Type.Array(items, { minItems: 1, single: true, allowed: 'a service or a list of services in sequence' });

/** A stage in the place of a service of a branch; a service there is read as a stage of it alone. */
const innerStageOf = <Branch extends TSchema>(branch: Branch) =>
  Type.Array(branch, { ...STAGE, single: true });

/** Stages stand in branches of stages this deep, and every branch is read to the same depth. */
export const MOST_INNER_STAGES = 3;

const ThirdInner = innerStageOf(branchOf(IdSchema));
const SecondInner = innerStageOf(branchOf(ThirdInner));
const FirstInner = innerStageOf(branchOf(SecondInner));
const StageSchema = Type.Array(branchOf(FirstInner), STAGE);

export const ChainSchema = Type.Object(
  {
    stages: Type.Array(StageSchema, {
      minItems: 1,
      allowed: 'a list of at least one stage; a stage is a list of branches',
      description:
        'Stages run in sequence, the branches of a stage in parallel; a branch is a service or a list of services in sequence, and a list in the place of a service is a stage in it, up to three deep.',
    }),
    visits: Type.Record(
      IdSchema,
      Type.Number({ exclusiveMinimum: 0, maximum: 10_000, description: 'Visits of one request.' }),
      {
        default: {},
        propertyNames: IdSchema,
        description: 'How often one request visits a service wherever the stages name it; 1 when not given.',
      },
    ),
  },
  { additionalProperties: false },
);
