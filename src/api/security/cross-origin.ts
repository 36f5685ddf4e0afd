import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../problems.ts';
import { isOwnHost } from './hosts.ts';

/**
 * A page of another site can make a browser post here, though it cannot read the answer. Browsers say so in
 * `Sec-Fetch-Site` (secure contexts) and in `Origin` (always, with a POST); other clients send neither. A call with a
 * token is nobody else's: a page cannot know it. A page whose own name was made to point here (DNS rebinding) looks like
 * one of this server, and is told by that name.
 */
export function refuseOtherOrigins({ headers }: FastifyRequest, allowedHosts: readonly string[]): void {
  if (headers.authorization !== undefined) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw crossOrigin(`${headers.origin ?? 'one'}`);
  if (headers.origin !== undefined && hostOf(headers.origin) !== headers.host?.toLowerCase())
    throw crossOrigin(headers.origin);
  if (isOfBrowser(headers) && !isOwnHost(headers.host ?? '', allowedHosts))
    throw unknownHost(headers.host ?? '');
}

function isOfBrowser(headers: FastifyRequest['headers']): boolean {
  return headers.origin !== undefined || Object.keys(headers).some((name) => name.startsWith('sec-fetch-'));
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function crossOrigin(origin: string): ProblemError {
  const found = `${JSON.stringify(origin.slice(0, 200))}`;
  const allowed =
    'a page of this server itself (a proxy in front must pass Host on), or a client that is no browser';
  return ProblemError.ofFaults('cross-origin', [{ where: 'origin', found, allowed }]);
}

function unknownHost(host: string): ProblemError {
  const allowed =
    'from a browser: an address, localhost, a name without dots, one that ends in .localhost, .svc, .svc.cluster.local, .local or .internal, or one of server.allowed_hosts';
  return ProblemError.ofFaults('cross-origin', [
    { where: 'host', found: JSON.stringify(host.slice(0, 200)), allowed },
  ]);
}
