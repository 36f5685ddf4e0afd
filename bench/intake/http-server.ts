/**
 * One server of the HTTP intake benchmark, in a process of its own: `ours` is the whole daemon with the shipped
 * configuration and its history on disk, `bare` a Fastify route with our schema.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { Type } from 'typebox';
import { TrafficRecord } from '../../src/api/requests/record.ts';
import { buildServer } from '../../src/api/server.ts';
import { createApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Logger } from '../../src/models/ports.ts';
import { systemClock } from '../../src/utils/system-clock.ts';

const Answer = Type.Object({
  accepted: Type.Integer(),
  rejected: Type.Array(Type.Object({ index: Type.Integer(), error: Type.String() })),
});

/** What anyone would write: the schema checked and the answer written by Fastify, nothing done with the record. */
function bareServer() {
  const server = fastify({ logger: false });
  const response = { 202: Answer };
  server.post('/requests', { schema: { body: TrafficRecord, response } }, (_request, reply) => {
    reply.code(202).send({ accepted: 1, rejected: [] });
  });
  server.post('/batch', { schema: { body: Type.Array(TrafficRecord), response } }, ({ body }, reply) => {
    reply.code(202).send({ accepted: Array.isArray(body) ? body.length : 0, rejected: [] });
  });
  return server;
}

async function ourServer() {
  const file = join(import.meta.dirname, '../../config/config.yaml');
  const settings = loadSettings({ file, flags: { dataFolder: folder }, environment: {} });
  const quiet: Logger = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };
  const app = await createApp({ settings, clock: systemClock(), logger: quiet });
  app.start();
  return buildServer(app.daemon, { version: 'bench' });
}

const folder = mkdtempSync(join(tmpdir(), 'dta-slo-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const server = process.argv[2] === 'ours' ? await ourServer() : bareServer();
await server.listen({ host: '127.0.0.1', port: 0 });
const { port } = new URL(server.listeningOrigin);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6 });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: Number(port) });
