/** POST /pause, /resume, /services/{service}/mode and /allocations/{service}/undo: what a person does to the daemon. */
import { Type } from 'typebox';
import type { ChangeRecord } from '../../models/changes.ts';
import type { Daemon } from '../../models/daemon.ts';
import { AVAILABLE_MODES } from '../../models/data-models.ts';
import { requireService } from '../names.ts';
import { ProblemError } from '../problems.ts';
import { Allocation, type ApiServer, ProblemResponse, ServiceParams, UnixSeconds } from '../schemas.ts';
import { allocationView } from '../views/decision-view.ts';
import { isSaved, ModeView, modeView, Paused, pausedView, Saved } from '../views/operator-view.ts';

const PauseBody = Type.Optional(
  Type.Object(
    {
      reason: Type.Optional(
        Type.String({
          pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,500}$',
          description: 'a sentence of 1 to 500 characters without control characters',
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

const ModeBody = Type.Object(
  {
    mode: Type.Union([...AVAILABLE_MODES.map((mode) => Type.Literal(mode)), Type.Null()], {
      description: 'null: the mode of the configuration.',
    }),
  },
  { additionalProperties: false },
);

const PauseAnswer = Type.Object({ paused: Paused, saved: Saved });

const Undone = Type.Object({
  service: Type.String(),
  ...ModeView,
  undone: Type.String({ description: 'Id of the change that puts back what ran before.' }),
  at: UnixSeconds,
  to: Type.Object(Allocation),
  detail: Type.String(),
});

export function operatorRoutes(server: ApiServer, daemon: Daemon): void {
  const { operator } = daemon;
  const failures = { 400: ProblemResponse, 404: ProblemResponse };

  server.post(
    '/pause',
    {
      schema: {
        tags: ['operation'],
        summary: 'Change nothing from now on until POST /resume',
        body: PauseBody,
        response: { 200: PauseAnswer, 400: ProblemResponse },
      },
    },
    (request) => {
      const { reason = operator.state.paused?.reason ?? 'no reason given' } = request.body ?? {};
      operator.pause(reason);
      return { paused: pausedView(daemon), saved: isSaved(daemon) };
    },
  );

  server.post(
    '/resume',
    {
      schema: {
        tags: ['operation'],
        summary: 'Take back POST /pause; a pause of the configuration stays',
        response: { 200: PauseAnswer },
      },
    },
    () => {
      operator.resume();
      return { paused: pausedView(daemon), saved: isSaved(daemon) };
    },
  );

  server.post(
    '/services/:service/mode',
    {
      schema: {
        tags: ['services'],
        summary: 'Set what is done with decisions on a service, or take it back to the configuration',
        params: ServiceParams,
        body: ModeBody,
        response: { 200: Type.Object({ service: Type.String(), ...ModeView, saved: Saved }), ...failures },
      },
    },
    (request) => {
      const { id } = requireService(daemon, request.params.service);
      operator.setMode(id, request.body.mode ?? undefined);
      return { service: id, ...modeView(daemon, id), saved: isSaved(daemon) };
    },
  );

  server.post(
    '/allocations/:service/undo',
    {
      schema: {
        tags: ['allocations'],
        summary:
          'Put back what a service ran with before its latest applied change, and recommend only from then on',
        params: ServiceParams,
        response: { 200: Undone, ...failures, 409: ProblemResponse },
      },
    },
    async (request) => {
      const { id } = requireService(daemon, request.params.service);
      const outcome = await operator.undo(id);
      if (outcome.kind === 'not-undone') throw new ProblemError('not-undone', outcome.reason);
      return { service: id, ...modeView(daemon, id), ...undoneView(outcome.change) };
    },
  );
}

function undoneView({ decision, atSeconds, to, detail }: ChangeRecord) {
  return { undone: decision, at: atSeconds, to: allocationView(to), detail };
}
