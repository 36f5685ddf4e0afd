/**
 * The container's health check: asks the daemon that runs beside it for /healthz, wherever it really listens. Exit code
 * 0 when it answers 200, else 1 and why. A program of its own, because loading the daemon's parts takes half a second.
 *
 *     node dist/src/health-check.js [TEXT]   TEXT is in the command line of the daemon that is meant (dist/main.js)
 */
import { get } from 'node:http';
import { messageOf } from './models/errors.ts';
import { listeningSockets } from './utils/listening-sockets.ts';

const TIMEOUT_MS = 2000;

async function check(program = 'dist/main.js'): Promise<void> {
  const [socket] = listeningSockets(program);
  if (socket === undefined) throw new Error(`no process of ${program} listens`);
  const status = await statusOf(reachable(socket.host), socket.port);
  if (status !== 200) throw new Error(`/healthz on port ${socket.port} answers ${status}`);
}

/** A daemon that listens on every address is asked on the loopback one, of whichever family there is. */
function reachable(host: string): string {
  return ['0.0.0.0', '0:0:0:0:0:0:0:0'].includes(host) ? 'localhost' : host;
}

function statusOf(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path: '/healthz', timeout: TIMEOUT_MS };
    const request = get(options, (response) => resolve(response.resume().statusCode));
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  });
}

check(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`dta-slo: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
