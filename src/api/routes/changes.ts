/** GET /changes: what was changed in the cluster, what became of it, and what ran before. */
import { Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import { requireService } from '../names.ts';
import { type ApiServer, Id, ProblemResponse } from '../schemas.ts';
import { changeView, ServiceChange } from '../views/change-view.ts';

const ChangesQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Changes in one answer.' }),
    service: Type.Optional(Id),
  },
  { additionalProperties: false },
);

const Changes = Type.Object({
  idle_because: Type.Union([Type.String(), Type.Null()], {
    description: 'Why nothing is written at present; null when changes are made.',
  }),
  changes: Type.Array(ServiceChange),
});

export function changesRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/changes',
    {
      schema: {
        tags: ['allocations'],
        summary: 'Changes that were asked of the cluster, newest first, and what became of them',
        querystring: ChangesQuery,
        response: { 200: Changes, 400: ProblemResponse, 404: ProblemResponse },
      },
    },
    ({ query }) => {
      if (query.service !== undefined) requireService(daemon, query.service);
      return {
        idle_because: daemon.changes.idleBecause ?? null,
        changes: daemon.history.loadChanges(query).map(changeView),
      };
    },
  );
}
