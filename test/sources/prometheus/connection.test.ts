import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/sources/prometheus/connection.ts';
import { AnsweringServer } from './answering-server.ts';
import { shopSettings } from './source-fixtures.ts';

let server: AnsweringServer;
beforeAll(async () => {
  server = await AnsweringServer.start();
});
afterAll(() => server.stop());

function connectionTo(timeout: number): Connection {
  const { prometheus } = shopSettings(
    `url: "${server.url}", timeout: ${timeout}, queries: { latency: latency }`,
  );
  if (prometheus === undefined) throw new Error('no section');
  return new Connection(prometheus);
}

test('a call leaves nothing on the signal that outlives it', async () => {
  const any = vi.spyOn(AbortSignal, 'any');
  const { signal } = new AbortController();
  const connection = connectionTo(5);
  for (let call = 0; call < 5; call += 1)
    expect((await connection.post('/api/v1/query_range', {}, signal)).status).toBe(200);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(any).not.toHaveBeenCalled();
  any.mockRestore();
  connection.close();
});

test('a call ends with its signal, also with one that fired before, and after its time', async () => {
  server.answer = () => undefined;
  const stopping = new AbortController();
  const connection = connectionTo(60);
  const call = connection.post('/api/v1/query_range', {}, stopping.signal);
  setTimeout(() => stopping.abort(), 20);
  await expect(call).rejects.toThrow(/abort/i);
  await expect(connection.post('/api/v1/query_range', {}, stopping.signal)).rejects.toThrow(/abort/i);
  connection.close();
  const hasty = connectionTo(0.1);
  const { signal } = new AbortController();
  await expect(hasty.post('/api/v1/query_range', {}, signal)).rejects.toThrow('no answer within 0.1 s');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  hasty.close();
});
