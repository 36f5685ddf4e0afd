/** GET /allocations and /allocations/{service}, POST /allocations: what is recommended now, and a new pass. */
import type { Daemon } from '../../models/daemon.ts';
import { requireService } from '../names.ts';
import { rateLimit } from '../rate-limit.ts';
import { type ApiServer, ProblemResponse, ServiceParams } from '../schemas.ts';
import { Allocations } from '../views/decision-view.ts';
import { narrowTo, presentAllocations } from '../views/present-view.ts';

export function allocationsRoutes(server: ApiServer, daemon: Daemon): void {
  const spendPass = rateLimit(daemon.clock, 10, 1);
  const tags = ['allocations'];

  server.get(
    '/allocations',
    {
      schema: {
        tags,
        summary: 'What every service should run with, and why',
        response: { 200: Allocations },
      },
    },
    () => presentAllocations(daemon),
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
