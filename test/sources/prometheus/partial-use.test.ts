import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AnsweringServer, constant, matrix } from './answering-server.ts';
import { ManualClock } from './manual-clock.ts';
import { fedBy, shopSettings } from './source-fixtures.ts';

const START = 1_795_521_600;

let server: AnsweringServer;
/** Pods of web that answer now; each uses half a core and 64 MiB. */
let pods: string[];

beforeAll(async () => {
  server = await AnsweringServer.start();
});
afterAll(() => server.stop());

beforeEach(() => {
  pods = ['web-7d9f8c6b5-aaaaa', 'web-7d9f8c6b5-bbbbb', 'web-7d9f8c6b5-ccccc'];
  server.answer = (asked, response) => {
    const values: Readonly<Record<string, string>> = { cpu: '0.5', memory: `${64 * 2 ** 20}` };
    const value = values[asked.query];
    const series = pods.map((pod) => constant(asked, { pod, container: 'web' }, value));
    response.end(matrix(value === undefined ? [] : series));
  };
});

function fed() {
  const queries =
    'queries: { requests: requests, latency: latency, cpu: cpu, memory: memory, throttled: "" }';
  const clock = new ManualClock(START + 10.6);
  return { clock, ...fedBy(shopSettings(`url: "${server.url}", lookback: 600, ${queries}`), clock) };
}

/** What was read of the step that ends after the given seconds. */
async function read({ clock, source, usage }: ReturnType<typeof fed>, seconds: number) {
  clock.set(START + seconds + 0.6);
  await source.refresh();
  const latest = usage.findLast(({ service }) => service === 'web');
  return { cpu: latest?.cpu, memory: latest?.memory };
}

test('CPU use is told only while all pods answer that answered lately', async () => {
  const shop = fed();
  expect(await read(shop, 20)).toEqual({ cpu: 1.5, memory: 64 });
  pods = pods.slice(1);
  expect(await read(shop, 60)).toEqual({ cpu: undefined, memory: 64 });
  expect(await read(shop, 300)).toEqual({ cpu: undefined, memory: 64 });
  pods = [...pods, 'web-7d9f8c6b5-ddddd'];
  expect(await read(shop, 340)).toEqual({ cpu: 1.5, memory: 64 });
});

test('pods that stay away are gone after seven minutes', async () => {
  const shop = fed();
  await read(shop, 20);
  pods = pods.slice(1);
  expect((await read(shop, 436)).cpu).toBeUndefined();
  expect((await read(shop, 446)).cpu).toBe(1);
});

test('where fewer instances are in force the pods that are left are all', async () => {
  const shop = fed();
  await read(shop, 20);
  pods = pods.slice(1);
  shop.told.set('web', 3);
  expect((await read(shop, 40)).cpu).toBeUndefined();
  shop.told.set('web', 2);
  expect((await read(shop, 60)).cpu).toBe(1);
});
