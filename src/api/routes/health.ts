/** GET /healthz: the process answers. GET /readyz: the configuration is read and the store is open. */
import { Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import { ProblemError } from '../problems.ts';
import { type ApiServer, ProblemResponse } from '../schemas.ts';

const Alive = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  time: Type.Number({ description: "The daemon's clock, Unix seconds." }),
});
const Ready = Type.Object({ status: Type.Literal('ready') });

export function healthRoutes(server: ApiServer, daemon: Daemon, version: string): void {
  const tags = ['operation'];

  server.get('/healthz', { schema: { tags, summary: 'Alive', response: { 200: Alive } } }, () => ({
    status: 'ok' as const,
    version,
    time: daemon.clock.nowSeconds(),
  }));

  server.get(
    '/readyz',
    { schema: { tags, summary: 'Ready for traffic', response: { 200: Ready, 503: ProblemResponse } } },
    () => {
      const reasons = daemon.notReadyBecause();
      if (reasons.length > 0) throw new ProblemError('not-ready', reasons.join('; '));
      return { status: 'ready' as const };
    },
  );
}
