/** The HTTP server of the daemon: DESIGN section 6. It is built here and listens elsewhere. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
  LogController,
} from 'fastify';
import type { Daemon } from '../models/daemon.ts';
import { messageOf } from '../models/errors.ts';
import { boundConnections, type ConnectionLimits, connectionOptions, defaultLimits } from './connections.ts';
import { withoutByteOrderMark } from './json-values.ts';
import { watchMethods } from './method-not-allowed.ts';
import { exposition } from './metrics/exposition.ts';
import { boundLargeBodies } from './open-bodies.ts';
import { describeApi, serveDescription } from './openapi.ts';
import { encodingProblem, handleError, ProblemError, sendProblem } from './problems.ts';
import type { MalformedCounter } from './requests/tally.ts';
import { allocationsRoutes } from './routes/allocations.ts';
import { chainsRoute } from './routes/chains.ts';
import { changesRoute } from './routes/changes.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoute } from './routes/history.ts';
import { metricsRoute } from './routes/metrics.ts';
import { operatorRoutes } from './routes/operator.ts';
import { overviewRoute } from './routes/overview.ts';
import { predictionsRoute } from './routes/predictions.ts';
import { profilesRoute } from './routes/profiles.ts';
import { requestsRoutes } from './routes/requests.ts';
import { servicesRoute } from './routes/services.ts';
import { toldRoutes } from './routes/told.ts';
import { whatIfRoute } from './routes/what-if.ts';
import type { ApiServer } from './schemas.ts';
import { secure } from './security/secure.ts';
import { validatorCompiler } from './validation.ts';

export interface ServerOptions {
  /** As Fastify takes it: pino options, or false. Default false. */
  readonly logger?: NonNullable<FastifyServerOptions['logger']>;
  /** Shown by /healthz, /openapi.json and /metrics. */
  readonly version: string;
  /** Other limits than the usual ones. */
  readonly limits?: Partial<ConnectionLimits>;
}

/** A name of 253 characters, percent-encoded. */
const LONGEST_PARAMETER = 3 * 4 * 253;

/** The server with every route, ready to listen or to be injected into. */
export async function buildServer(daemon: Daemon, options: ServerOptions): Promise<FastifyInstance> {
  const server = bareServer(daemon, options);
  const refuseOtherMethods = watchMethods(server);
  secure(server, daemon);
  await describeApi(server, options.version, daemon.settings.server.auth);
  await addRoutes(server, daemon, options.version);
  refuseOtherMethods();
  await serveDescription(server);
  await server.ready();
  return server;
}

function bareServer(daemon: Daemon, { logger, ...options }: ServerOptions): ApiServer {
  const limits = { ...defaultLimits(), ...options.limits };
  const server = fastify({
    logger: logger ?? false,
    // One line a record would cost more than the record.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: daemon.settings.server.bodyLimitBytes,
    ...connectionOptions(limits),
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: handleError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  boundConnections(server.server, limits.connections);
  boundLargeBodies(server, daemon.settings.server.bodyLimitBytes);
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    parseJson(request, String(text), done);
  });
  // Clients such as `curl -d ''` name a type for nothing: an empty body is no body, whatever its type.
  server.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-length'] === '0') delete request.raw.headers['content-type'];
    done();
  });
  server.setValidatorCompiler(validatorCompiler);
  // The schemas of answers describe; they take no part in writing them. Unknown figures are null already.
  server.setSerializerCompiler(() => JSON.stringify);
  server.setErrorHandler(handleError);
  server.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${request.url.slice(0, 200)} is unknown here; /docs lists every call.`;
    return sendProblem(reply, new ProblemError('not-found', detail));
  });
  return server;
}

/**
 * Plain JSON.parse. A key named `__proto__` becomes an ordinary key of the object, and every schema refuses keys that it
 * does not know: so it costs its own record only, and not the batch that it came in.
 */
function parseJson(
  request: FastifyRequest,
  text: string,
  done: (error: Error | null, body?: unknown) => void,
): void {
  let body: unknown;
  try {
    const json = withoutByteOrderMark(text);
    // Without a body the schema of the route says whether it needs one.
    body = json === '' ? undefined : JSON.parse(json);
  } catch (error) {
    const found = messageOf(error).slice(0, 200);
    const fault = { where: 'body', found, allowed: 'valid JSON' };
    done(encodingProblem(request) ?? ProblemError.ofFaults('invalid-json', [fault]));
    return;
  }
  done(null, body);
}

async function addRoutes(server: ApiServer, daemon: Daemon, version: string): Promise<void> {
  const counter: MalformedCounter = { malformed: 0 };
  await requestsRoutes(server, daemon, counter);
  allocationsRoutes(server, daemon);
  historyRoute(server, daemon);
  changesRoute(server, daemon);
  whatIfRoute(server, daemon);
  toldRoutes(server, daemon);
  operatorRoutes(server, daemon);
  servicesRoute(server, daemon);
  chainsRoute(server, daemon);
  predictionsRoute(server, daemon);
  profilesRoute(server, daemon);
  metricsRoute(server, exposition(daemon, version, counter));
  healthRoutes(server, daemon, version);
  overviewRoute(server, daemon, version);
}
