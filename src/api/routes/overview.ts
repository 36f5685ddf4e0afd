/** GET /: the overview page. */
import { createHash } from 'node:crypto';
import type { Daemon } from '../../models/daemon.ts';
import { overviewPage } from '../overview/page.ts';
import { STYLE } from '../overview/style.ts';
import type { ApiServer } from '../schemas.ts';

/** Nothing is loaded, nothing runs, nobody frames it; the one style sheet is known by its hash. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

export function overviewRoute(server: ApiServer, daemon: Daemon, version: string): void {
  server.get('/', { schema: { hide: true } }, (_request, reply) => {
    reply.headers(HEADERS);
    return overviewPage(daemon, version);
  });
}
