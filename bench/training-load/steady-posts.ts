import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks at what is due. */
const TICK_MS = 1;
const SOCKETS = 64;

export interface Post {
  /** `performance.now()`. */
  readonly sentMs: number;
  /** From then to the end of the answer. */
  readonly tookMs: number;
}

export interface SteadyPosts {
  readonly posts: readonly Post[];
  readonly failed: number;
}

/**
 * Posts records at a steady pace until the signal, one a request, whether or not those before have been answered: a server
 * that stalls is seen by every request of that time.
 */
export async function postSteadily(
  url: string,
  record: object,
  perSecond: number,
  signal: AbortSignal,
): Promise<SteadyPosts> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const body = JSON.stringify(record);
  const posts: Post[] = [];
  let failed = 0;
  let open = 0;
  let sent = 0;
  const startedMs = performance.now();
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const sentMs = performance.now();
      open += 1;
      post(agent, url, body, (ok) => {
        open -= 1;
        if (ok) posts.push({ sentMs, tookMs: performance.now() - sentMs });
        else failed += 1;
      });
    }
    await sleep(TICK_MS);
  }
  while (open > 0) await sleep(TICK_MS);
  agent.destroy();
  return { posts, failed };
}

function post(agent: Agent, url: string, body: string, done: (ok: boolean) => void): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const call = request(`${url}/requests`, { method: 'POST', agent, headers }, (response) => {
    response.resume();
    response.once('end', () => done(response.statusCode === 202));
  });
  call.once('error', () => done(false));
  call.end(body);
}
