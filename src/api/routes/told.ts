/** POST /services/{service}/applied and /usage: what an operator or agent tells about a service. */
import { Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import type { Fault } from '../faults.ts';
import { requireService } from '../names.ts';
import { ProblemError } from '../problems.ts';
import { Allocation, type ApiServer, ProblemResponse, ServiceParams, UnixSeconds } from '../schemas.ts';
import { allocationView } from '../views/decision-view.ts';

const LARGEST_FIGURE = 1e9;
/** More cores than a service has are surely millicores. */
const MOST_USED_CORES = 10_000;
const LARGEST_INSTANCES = 100_000;

/** The configured bounds do not hold here: what runs, runs. */
const AppliedBody = Type.Object(
  {
    cpu: Type.Number({ exclusiveMinimum: 0, maximum: LARGEST_FIGURE, description: 'Cores of one instance.' }),
    memory: Type.Number({
      exclusiveMinimum: 0,
      maximum: LARGEST_FIGURE,
      description: 'MiB of one instance.',
    }),
    instances: Type.Integer({ minimum: 1, maximum: LARGEST_INSTANCES }),
  },
  { additionalProperties: false },
);

const Applied = Type.Object({
  service: Type.String(),
  ...Allocation,
  source: Type.String(),
  since: UnixSeconds,
});

const UsageBody = Type.Object(
  {
    cpu: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: MOST_USED_CORES,
        unit: 'cores (not millicores)',
        description: 'Cores in use by all instances together.',
      }),
    ),
    memory: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: LARGEST_FIGURE,
        unit: 'MiB (not bytes)',
        description: 'MiB in use by one instance.',
      }),
    ),
    throttled_ratio: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'Share of the CPU periods (cgroup cpu.stat: nr_throttled / nr_periods) since the last report.',
      }),
    ),
  },
  { additionalProperties: false },
);

const Usage = Type.Object({
  service: Type.String(),
  at: UnixSeconds,
  cpu: Type.Optional(Type.Number()),
  memory: Type.Optional(Type.Number()),
  throttled_ratio: Type.Optional(Type.Number()),
});

export function toldRoutes(server: ApiServer, daemon: Daemon): void {
  const tags = ['services'];
  const failures = { 400: ProblemResponse, 404: ProblemResponse };

  server.post(
    '/services/:service/applied',
    {
      schema: {
        tags,
        summary: 'Tell what a service runs with from now on',
        params: ServiceParams,
        body: AppliedBody,
        response: { 200: Applied, ...failures },
      },
    },
    (request) => {
      const spec = requireService(daemon, request.params.service);
      const { id } = spec;
      refuseOtherUnits({ ...request.body, cores: 'of one instance' }, spec.maxCpu, spec);
      const capacity = daemon.setApplied(id, request.body);
      return {
        service: id,
        ...allocationView(capacity),
        source: capacity.source,
        since: capacity.sinceSeconds,
      };
    },
  );

  server.post(
    '/services/:service/usage',
    {
      schema: {
        tags,
        summary: 'Tell what a service uses now: cpu, memory, how often it was throttled',
        params: ServiceParams,
        body: UsageBody,
        response: { 202: Usage, ...failures },
      },
    },
    (request, reply) => {
      const spec = requireService(daemon, request.params.service);
      const { id } = spec;
      const { cpu, memory, throttled_ratio } = request.body;
      refuseOtherUnits({ ...request.body, cores: 'of all instances' }, spec.maxCpu * spec.maxInstances, spec);
      if (cpu === undefined && memory === undefined && throttled_ratio === undefined) throw nothingTold();
      const at = daemon.clock.nowSeconds();
      const used = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
      const throttled = throttled_ratio === undefined ? {} : { throttledRatio: throttled_ratio };
      daemon.recordUsage({ service: id, atSeconds: at, ...used, ...throttled });
      reply.code(202);
      return { service: id, at, ...request.body };
    },
  );
}

/** So many times the configured maximum is another unit, and no capacity. */
const SURELY_ANOTHER_UNIT = 100;

function refuseOtherUnits(
  { cpu, memory, cores }: { cpu?: number; memory?: number; cores: string },
  maxCpu: number,
  { maxMemory }: ServiceSpec,
): void {
  const faults: Fault[] = [];
  const mostCpu = SURELY_ANOTHER_UNIT * maxCpu;
  const mostMemory = SURELY_ANOTHER_UNIT * maxMemory;
  if (cpu !== undefined && cpu > mostCpu) {
    const allowed = `cores ${cores} (not millicores), at most ${mostCpu} for this service`;
    faults.push({ where: 'cpu', found: `${cpu}`, allowed });
  }
  if (memory !== undefined && memory > mostMemory) {
    const allowed = `MiB of one instance (not bytes), at most ${mostMemory} for this service`;
    faults.push({ where: 'memory', found: `${memory}`, allowed });
  }
  if (faults.length > 0) throw ProblemError.ofFaults('invalid-request', faults);
}

function nothingTold(): ProblemError {
  return ProblemError.ofFaults('invalid-request', [
    { where: 'body', found: 'none of them', allowed: 'at least one of cpu, memory, throttled_ratio' },
  ]);
}
