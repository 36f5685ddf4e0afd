import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server that answers like the daemon, on a fast clock, and recommends one thing after the first records. */
export async function fakeDaemon(speed: number, recommended: { cpu: number; instances: number }) {
  const startedMs = performance.now();
  const now = () => 1_000_000 + ((performance.now() - startedMs) / 1000) * speed;
  const records: Record<string, unknown>[] = [];
  const applied: { service: string; body: unknown }[] = [];
  let ahead = 0;

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const path = request.url ?? '';
    const body = await text(request);
    if (path === '/healthz') return { status: 200, body: { status: 'ok', time: now() } };
    if (path === '/allocations') return { status: 200, body: allocations() };
    if (path === '/requests') {
      const lines = body.trim().split('\n');
      const batch: Record<string, unknown>[] = lines.map((line) => JSON.parse(line));
      ahead += batch.filter(({ timestamp }) => Number(timestamp) > now()).length;
      records.push(...batch);
      return { status: 202, body: { accepted: batch.length, rejected: [] } };
    }
    applied.push({ service: path.split('/')[2] ?? '', body: JSON.parse(body) });
    return { status: 200, body: {} };
  }

  function allocations() {
    if (records.length === 0) return { decision_id: null, status: 'waiting', services: [] };
    const service = (id: string) => ({ id, ...recommended, memory: 256, status: 'shrink' });
    return { decision_id: 'd1', services: ['auth-service', 'payment-service'].map(service) };
  }

  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    applied,
    recordsAhead: () => ahead,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
