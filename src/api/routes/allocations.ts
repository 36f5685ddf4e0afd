/** GET /allocations and /allocations/{service}, POST /allocations: what is recommended now, and a new pass. */
import { Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import { requireService } from '../names.ts';
import { ProblemError } from '../problems.ts';
import { rateLimit } from '../rate-limit.ts';
import { type ApiServer, ProblemResponse, ServiceParams } from '../schemas.ts';
import { Allocations } from '../views/decision-view.ts';
import { narrowTo, presentAllocations } from '../views/present-view.ts';

const Format = Type.Union([Type.Literal('json'), Type.Literal('kubectl')], {
  description: 'json (the default), or kubectl: YAML for `kubectl apply --server-side -f -`.',
});

const AllocationsOrManifests = Type.Unsafe<Allocations | string>({
  description: 'The allocations; with format=kubectl the plan as manifests.',
  content: {
    'application/json': { schema: Allocations },
    'text/yaml': { schema: { type: 'string' } },
  },
});

export function allocationsRoutes(server: ApiServer, daemon: Daemon): void {
  const spendPass = rateLimit(daemon.clock, 10, 1);
  const tags = ['allocations'];

  server.get(
    '/allocations',
    {
      schema: {
        tags,
        summary: 'What every service should run with, and why; or the plan as manifests for kubectl',
        querystring: Type.Object({ format: Type.Optional(Format) }, { additionalProperties: false }),
        response: { 200: AllocationsOrManifests, 400: ProblemResponse, 409: ProblemResponse },
      },
    },
    (request, reply) => {
      if (request.query.format !== 'kubectl') return presentAllocations(daemon);
      reply.type('text/yaml; charset=utf-8').serializer(String);
      return manifestsOf(daemon);
    },
  );

  server.get(
    '/allocations/:service',
    {
      schema: {
        tags,
        summary: 'The same for one service and the chains through it',
        params: ServiceParams,
        response: { 200: Allocations, 404: ProblemResponse },
      },
    },
    (request) => narrowTo(presentAllocations(daemon), requireService(daemon, request.params.service)),
  );

  server.post(
    '/allocations',
    {
      schema: {
        tags,
        summary: 'Run a pass now (or join the one under way) and answer with its result',
        response: { 200: Allocations, 429: ProblemResponse },
      },
    },
    async () => {
      spendPass();
      await daemon.runPass('request');
      return presentAllocations(daemon);
    },
  );
}

function manifestsOf({ operator }: Daemon): string {
  const manifests = operator.manifests();
  if (manifests !== undefined) return manifests;
  throw new ProblemError('no-plan-yet', 'No pass has been made yet: POST /allocations makes one.');
}
