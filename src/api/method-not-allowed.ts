/** 405 for a known address asked with another method. */
import type { RouteOptions } from 'fastify';
import { ProblemError } from './problems.ts';
import type { ApiServer } from './schemas.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Watches which methods each address has; the returned function answers all the others. */
export function watchMethods(server: ApiServer): () => void {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }: RouteOptions) => {
    const methods = methodsOf.get(url) ?? new Set();
    methodsOf.set(url, methods);
    for (const name of [method].flat()) methods.add(name);
  });
  return () => {
    for (const [url, methods] of [...methodsOf]) refuseOthers(server, url, [...methods]);
  };
}

function refuseOthers(server: ApiServer, url: string, allowed: readonly string[]): void {
  const allow = allowed.join(', ');
  // On request: before a body is read.
  const refuse = async ({ method }: { method: string }) => {
    const fault = { where: 'method', found: method, allowed: allow };
    throw new ProblemError('method-not-allowed', `${url} answers to ${allow}, not to ${method}.`, {
      errors: [fault],
      headers: { allow },
    });
  };
  server.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    schema: { hide: true },
    onRequest: refuse,
    handler: () => undefined,
  });
}
