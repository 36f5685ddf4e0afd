/** The API described: /openapi.json from the routes' schemas, and /docs to read and try it, from local files only. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { Problem } from './problems.ts';
import type { ApiServer } from './schemas.ts';
import { DOCS_POLICY } from './security/security-headers.ts';

/** Before the routes: it watches them as they come. */
export async function describeApi(server: ApiServer, version: string): Promise<void> {
  server.addSchema(Problem);
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'DTA-SLO',
        version,
        description: 'Keeps the latency objectives of service chains at the least cost.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'traffic', description: 'Records in' },
        { name: 'allocations', description: 'Decisions out' },
        { name: 'services', description: 'What is known of services, and telling it' },
        { name: 'chains', description: 'What is known of chains' },
        { name: 'operation', description: 'Health and metrics' },
      ],
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema['$id'] ?? `schema-${index}`),
    },
  });
}

/** After the routes. */
export async function serveDescription(server: ApiServer): Promise<void> {
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    theme: { title: 'DTA-SLO API' },
    // Without the bar that asks for the address of another description.
    uiConfig: { layout: 'BaseLayout' },
  });
}
