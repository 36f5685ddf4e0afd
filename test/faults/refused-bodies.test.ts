import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { testDaemon } from '../api/test-daemon.ts';
import { pause } from './kit.ts';
import { parsedAnswer, postHead, type RawClient, rawClient } from './sockets.ts';

let server: FastifyInstance;
let url: string;
const clients: RawClient[] = [];

beforeEach(async () => {
  server = await buildServer(testDaemon(), { version: '1' });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  server.server.closeAllConnections();
  await server.close();
});

const MEBIBYTE = Buffer.alloc(1 << 20, ' ');
const JSON_TYPE = 'application/json';

/** Sends a head, and does not look at what is answered. */
function deafClient(head: string): RawClient {
  const client = rawClient(url, head);
  client.socket.pause();
  clients.push(client);
  return client;
}

/** Sends so many mebibytes as fast as they are taken, or until the connection ends; answers the number sent. */
async function write({ socket, answer }: RawClient, mebibytes: number): Promise<number> {
  for (let sent = 0; sent < mebibytes; sent += 1) {
    if (socket.destroyed) return sent;
    await Promise.race([new Promise((taken) => socket.write(MEBIBYTE, taken)), answer]);
  }
  return mebibytes;
}

describe('a body that is refused before its end', () => {
  it.each([
    ['too long by its length', 413, postHead(JSON_TYPE, 'content-length: 20971520')],
    ['too long in a chunk', 413, `${postHead(JSON_TYPE, 'transfer-encoding: chunked')}1400000\r\n`],
    ['of another type', 415, postHead('text/plain', 'content-length: 20971520')],
    [
      'for which this is not the address',
      404,
      'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 20971520\r\n\r\n',
    ],
    [
      'of a client that wants the connection to end',
      404,
      'POST /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 20971520\r\n\r\n',
    ],
  ])('%s is answered to clients that read nothing as long as they send', async (_what, status, head) => {
    const client = deafClient(head);
    const started = performance.now();
    for (let piece = 0; piece < 20; piece += 1) {
      await write(client, 1);
      await pause(15);
    }
    expect(performance.now() - started).toBeGreaterThan(300);
    client.socket.resume().end();
    expect(parsedAnswer(await client.answer)).toMatchObject({ status, body: { status } });
  });

  it('is answered at once to those who read', async () => {
    const client = deafClient(postHead(JSON_TYPE, 'content-length: 20971520'));
    client.socket.resume();
    const [answer] = await once(client.socket, 'data');
    expect(parsedAnswer(String(answer))).toMatchObject({ status: 413, body: { status: 413 } });
  });

  it('leaves a connection that can be used again', async () => {
    const get = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const client = deafClient(postHead('text/plain', 'content-length: 3'));
    await pause(50);
    client.socket.write(`abc${get}`);
    client.socket.resume();
    expect(await client.answer).toMatch(/^HTTP\/1\.1 415 .*HTTP\/1\.1 200 OK/s);
  });

  it('is not read without end', async () => {
    const client = deafClient(postHead(JSON_TYPE, 'content-length: 1073741824'));
    expect(await write(client, 1024)).toBeLessThan(256);
  });

  it('makes room when there are many of them: the oldest loses its connection', async () => {
    const oldest = deafClient(postHead(JSON_TYPE, 'content-length: 20971520'));
    oldest.socket.resume();
    await once(oldest.socket, 'data');
    const others = Array.from({ length: 128 }, () =>
      deafClient(postHead(JSON_TYPE, 'content-length: 20971520')),
    );
    for (const { socket } of others) socket.resume();
    expect(parsedAnswer(await oldest.answer).status).toBe(413);
    await pause(50);
    expect(others.filter(({ socket }) => socket.closed)).toEqual([]);
  });
});
