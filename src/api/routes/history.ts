/** GET /allocations/history: past decisions, newest first. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import { type ApiServer, Id, ProblemResponse } from '../schemas.ts';
import { Allocations, decisionView } from '../views/decision-view.ts';

const HistoryQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Decisions in one answer.' }),
    before: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'the `decision_id` that the page ends before, of 1 to 253 characters',
      }),
    ),
    service: Type.Optional(Id),
  },
  { additionalProperties: false },
);

const History = Type.Object({
  decisions: Type.Array(Allocations),
  next: Type.Union([Type.String(), Type.Null()], {
    description: 'Pass it as `before` for the next page; null on the last one.',
  }),
});

export function historyRoute(server: ApiServer, daemon: Daemon): void {
  server.get(
    '/allocations/history',
    {
      schema: {
        tags: ['allocations'],
        summary: 'Past decisions, newest first; with `service` those that changed it',
        querystring: HistoryQuery,
        response: { 200: History, 400: ProblemResponse },
      },
    },
    (request) => historyPage(daemon, request.query),
  );
}

/** One decision more than asked for tells whether there is a next page. */
function historyPage(daemon: Daemon, query: Static<typeof HistoryQuery>): Static<typeof History> {
  const found = daemon.history.loadDecisions({ ...query, limit: query.limit + 1 });
  const page = found.slice(0, query.limit);
  return {
    decisions: page.map(decisionView),
    next: found.length > query.limit ? (page.at(-1)?.id ?? null) : null,
  };
}
