/** Everything between a connection and a route: headers, other origins, tokens, and how often a client may write. */
import type { Daemon } from '../../models/daemon.ts';
import { clientRateLimit } from '../rate-limit.ts';
import type { ApiServer } from '../schemas.ts';
import { accessOf } from './access.ts';
import { authentication } from './authentication.ts';
import { refuseOtherOrigins } from './cross-origin.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The hot route. No page of another site can send a body of its types, and how much may come is not for us to say. */
const TRAFFIC = '/requests';

/** As many agents as tell the use of 10,000 services once a minute. */
const WRITES_AT_ONCE = 1000;
const SECONDS_PER_WRITE = 0.005;

/** Throws a ConfigError when tokens are configured that cannot be used. */
export function secure(server: ApiServer, daemon: Daemon): void {
  const { clock, settings } = daemon;
  const { allowedHosts, auth } = settings.server;
  const authenticate = auth && authentication({ auth, clock, logger: server.log });
  const spendWrite = clientRateLimit(clock, { burst: WRITES_AT_ONCE, secondsPerCall: SECONDS_PER_WRITE });

  server.addHook('onRequest', (request, reply, done) => {
    // Asking for the route makes an object; for the hot one the address tells as well.
    const route = request.raw.url === TRAFFIC ? TRAFFIC : request.routeOptions.url;
    const access = accessOf(request.method, route);
    if (route !== TRAFFIC) reply.headers(SECURITY_HEADERS);
    authenticate?.(request, access);
    if (route !== TRAFFIC && (access === 'write' || access === 'intake')) {
      refuseOtherOrigins(request, allowedHosts);
      spendWrite(request.ip);
    }
    done();
  });
}
