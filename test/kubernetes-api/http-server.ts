import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { authorizePath } from './access.ts';
import { failure, send, sendFault } from './answers.ts';
import type { ControlPlane } from './control-plane.ts';
import { discover } from './discovery.ts';
import { type Asked, type Fault, Faults } from './faults.ts';
import { type Answer, handle, startWatch } from './handlers.ts';
import type { Json } from './json.ts';
import { openApi } from './openapi.ts';
import { type Route, routeOf } from './route.ts';
import { methodNotAllowed, noSuchPath } from './status.ts';
import type { Certificates } from './tls.ts';
import type { Watches } from './watch.ts';

/** One line of the log of requests. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly route: Route | undefined;
  readonly userAgent: string;
  readonly contentType: string;
  readonly body: string;
  /** The status of the answer; undefined as long as there is none, and where the connection was broken. */
  code: number | undefined;
}

/** Node closes an idle connection after 5 s; the API server keeps it for minutes. */
const IDLE_MS = 180_000;

/** The HTTPS side: connections, faults, and answers as JSON. */
export class HttpServer {
  readonly faults = new Faults();
  readonly requests: LoggedRequest[] = [];
  handshakes = 0;
  readonly #plane: ControlPlane;
  readonly #watches: Watches;
  readonly #certificates: Certificates;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(plane: ControlPlane, watches: Watches, certificates: Certificates) {
    this.#plane = plane;
    this.#watches = watches;
    this.#certificates = certificates;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens: at the first start on a port that the system picks, afterwards on the same. */
  async start(): Promise<void> {
    const server = createServer({ key: this.#certificates.key, cert: this.#certificates.cert });
    server.keepAliveTimeout = IDLE_MS;
    server.on('secureConnection', () => {
      this.handshakes += 1;
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Stops listening and breaks every connection. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://server');
    const method = request.method ?? 'GET';
    const route = routeOf(method, url.pathname, url.searchParams, this.#plane);
    const asked: Asked = { method, path: url.pathname, query: url.searchParams, route };
    const body = await textOf(request);
    const logged = logOf(asked, request, body);
    this.requests.push(logged);
    response.on('finish', () => {
      logged.code = response.statusCode;
    });
    const fault = this.faults.next(asked);
    if (fault !== undefined && !(await passes(fault, response))) return;
    const warnings: string[] = [];
    const answer = this.#answer(logged, request, response, warnings);
    if (answer !== undefined) send(response, answer, warnings, fault);
  }

  /** Undefined for a watch, which answers on its own. */
  #answer(
    logged: LoggedRequest,
    request: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Answer | undefined {
    try {
      const user = this.#plane.access.userOf(request.headers.authorization);
      const { route, query, userAgent, contentType } = logged;
      if (route === undefined) {
        authorizePath(user, logged.method, logged.path);
        return this.#describe(logged);
      }
      const warn = (message: string): void => void warnings.push(message);
      const asked = { route, query, user, userAgent, contentType, text: logged.body, warn };
      if (route.verb !== 'watch') return handle(this.#plane, asked);
      startWatch(this.#watches, asked, response);
      return undefined;
    } catch (error) {
      return failure(error);
    }
  }

  #describe({ method, path }: LoggedRequest): Answer {
    if (/^\/(healthz|livez|readyz)/.test(path)) return { code: 200, body: 'ok' };
    const types = this.#plane.types();
    const found: Json | undefined = discover(path, this.#plane, this.address) ?? openApi(path, types);
    if (found === undefined) throw noSuchPath();
    if (method !== 'GET') throw methodNotAllowed();
    return { code: 200, body: found };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString();
}

function logOf({ method, path, query, route }: Asked, request: IncomingMessage, body: string): LoggedRequest {
  const [contentType = ''] = (request.headers['content-type'] ?? '').split(';');
  const userAgent = request.headers['user-agent'] ?? '';
  return { method, path, query, route, userAgent, contentType: contentType.trim(), body, code: undefined };
}

/** Does the part of a fault that comes before the request is done; true where the request is still to be done. */
async function passes(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      sendFault(response, fault);
      return false;
    case 'body':
      response.writeHead(fault.code, { 'content-type': fault.contentType });
      response.end(fault.text);
      return false;
    case 'hang':
      return fault.applied === true;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
      return true;
    case 'drop':
      if (fault.when === 'before') response.destroy();
      return fault.when !== 'before';
  }
}
