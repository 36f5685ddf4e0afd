/** GET /metrics: Prometheus text. */
import { Type } from 'typebox';
import type { Exposition } from '../metrics/exposition.ts';
import type { ApiServer } from '../schemas.ts';

const PrometheusText = Type.Unsafe<string>({
  description: 'Prometheus text; docs/metrics.md describes each metric.',
  content: { 'text/plain': { schema: { type: 'string' } } },
});

export function metricsRoute(server: ApiServer, metrics: Exposition): void {
  server.get(
    '/metrics',
    { schema: { tags: ['operation'], summary: 'Metrics for Prometheus', response: { 200: PrometheusText } } },
    async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.text();
    },
  );
}
