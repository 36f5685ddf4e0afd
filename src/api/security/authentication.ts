/** Who may call what: bearer tokens (RFC 6750). */
import type { FastifyRequest } from 'fastify';
import type { Clock, Logger } from '../../models/ports.ts';
import type { AuthSettings } from '../../models/settings.ts';
import { ProblemError } from '../problems.ts';
import { clientRateLimit } from '../rate-limit.ts';
import type { Access } from './access.ts';
import { TokenBook, type TokenRole } from './token-book.ts';

/** One address may be wrong so often at once, then once a second; a token that is right is never held up by that. */
const WRONG_AT_ONCE = 10;
const WRONG_SECONDS = 1;
const LOG_EVERY_SECONDS = 60;

export interface AuthenticationParts {
  readonly auth: AuthSettings;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** The returned function throws a problem when the request may not have that access. */
export function authentication({ auth, clock, logger }: AuthenticationParts) {
  const book = new TokenBook(auth, logger);
  const spendWrong = clientRateLimit(clock, { burst: WRONG_AT_ONCE, secondsPerCall: WRONG_SECONDS });
  const noteRefusal = refusalLog(clock, logger);

  return (request: FastifyRequest, access: Access): void => {
    if (!needsToken(auth, access)) return;
    const { authorization } = request.headers;
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const role = token === undefined ? undefined : book.roleOf(token);
    if (role !== undefined && isEnough(role, access)) return;
    noteRefusal(request);
    if (role !== undefined) throw notEnough();
    if (token !== undefined) spendWrong(request.ip);
    throw unauthorized(authorization, token);
  };
}

export function needsToken({ protect, intake }: AuthSettings, access: Access): boolean {
  if (access === 'open') return false;
  if (access === 'read') return protect === 'all';
  return access === 'write' || intake === 'protected';
}

function isEnough(role: TokenRole, access: Access): boolean {
  return role === 'operator' || access === 'intake';
}

function unauthorized(authorization: string | undefined, token: string | undefined): ProblemError {
  const found = foundInstead(authorization, token);
  const allowed = 'Bearer and a token that is good here (docs/security.md)';
  return ProblemError.ofFaults('unauthorized', [{ where: 'authorization', found, allowed }], {
    'www-authenticate': challenge(token === undefined ? undefined : 'invalid_token'),
  });
}

/** What was sent is not shown: it may be a token with a slip of the finger. */
function foundInstead(authorization: string | undefined, token: string | undefined): string {
  if (authorization === undefined) return 'nothing';
  return token === undefined ? 'something else than Bearer and a token' : 'a token that is not good here';
}

function notEnough(): ProblemError {
  const detail =
    'This token is one of server.auth.intake_token_file: it is good for POST /requests and /services/{service}/usage only.';
  return new ProblemError('forbidden', detail, {
    headers: { 'www-authenticate': challenge('insufficient_scope') },
  });
}

function challenge(error: string | undefined): string {
  return `Bearer realm="dta-slo"${error === undefined ? '' : `, error="${error}"`}`;
}

/** The first refusal is told at once, those of each minute after it together. */
function refusalLog(clock: Clock, logger: Pick<Logger, 'warn'>) {
  let refused = 0;
  let toldSeconds = Number.NEGATIVE_INFINITY;
  return ({ ip, method, routeOptions }: FastifyRequest): void => {
    refused += 1;
    const now = clock.nowSeconds();
    if (Math.abs(now - toldSeconds) < LOG_EVERY_SECONDS) return;
    logger.warn(
      { refused, address: ip, method, route: routeOptions.url ?? null },
      'calls without a good token were refused',
    );
    refused = 0;
    toldSeconds = now;
  };
}
