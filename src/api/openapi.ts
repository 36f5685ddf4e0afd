/** The API described: /openapi.json from the routes' schemas, and /docs to read and try it, from local files only. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema, RouteOptions } from 'fastify';
import type { AuthSettings } from '../models/settings.ts';
import { isObject } from './json-values.ts';
import { Problem } from './problems.ts';
import { type ApiServer, ProblemResponse } from './schemas.ts';
import { accessOf } from './security/access.ts';
import { needsToken } from './security/authentication.ts';
import { DOCS_POLICY } from './security/security-headers.ts';

/** Before the routes: it watches them as they come. */
export async function describeApi(
  server: ApiServer,
  version: string,
  auth: AuthSettings | undefined,
): Promise<void> {
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
      ...(auth !== undefined && { components: { securitySchemes: { token: TOKEN_SCHEME } } }),
      tags: [
        { name: 'traffic', description: 'Records in' },
        { name: 'allocations', description: 'Decisions out' },
        { name: 'services', description: 'What is known of services, and telling it' },
        { name: 'chains', description: 'What is known of chains' },
        { name: 'operation', description: 'Health and metrics' },
      ],
    },
    ...(auth !== undefined && { transform: withToken(auth) }),
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema['$id'] ?? `schema-${index}`),
    },
  });
}

const TOKEN_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  description: 'A token of server.auth.token_file or DTA_SLO_TOKEN (docs/security.md).',
} as const;

/** Says of each call whether it needs a token, and how it answers without. */
function withToken(auth: AuthSettings) {
  return ({ schema = {}, url, route }: { schema?: FastifySchema; url: string; route: RouteOptions }) => {
    if (!needsToken(auth, accessOf([route.method].flat()[0] ?? '', url))) return { schema, url };
    const refused = { 401: ProblemResponse, 403: ProblemResponse };
    const response = { ...(isObject(schema.response) ? schema.response : {}), ...refused };
    return { schema: { ...schema, security: [{ token: [] }], response }, url };
  };
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
