import { expect, test } from 'vitest';
import { loadSettings, startOptions } from '../../src/config/load.ts';
import { visitsByService } from '../../src/models/data-models.ts';
import { base, fileWith, problemsOf, settingsOf, shippedFile } from './sources.ts';

test('the shipped file holds nothing but the defaults beside its services and SLOs', () => {
  const shipped = shippedFile();
  const topologyAlone = shipped.slice(shipped.indexOf('services:'));
  expect(settingsOf(shipped)).toEqual(settingsOf(topologyAlone));
});

test('the shipped file gives the chains of the original framework, each a line of services', () => {
  const { topology } = settingsOf(shippedFile());
  expect([...topology.services.keys()]).toEqual(['auth-service', 'payment-service']);
  expect(topology.chains.get('order-processing')).toEqual({
    id: 'order-processing',
    slo: { latencySeconds: 0.5, percentile: 0.95, objective: 0.95, priority: 1 },
    stages: [[[{ service: 'auth-service', visits: 1 }]], [[{ service: 'payment-service', visits: 1 }]]],
  });
});

test('a service that says only its bounds starts with one instance at the upper ones', () => {
  expect(settingsOf(base()).topology.services.get('web')).toEqual({
    id: 'web',
    chains: ['shop'],
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 1024,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    mode: 'recommend',
    limits: 'follow',
    initial: { cpu: 4, memory: 1024, instances: 1 },
  });
});

test('how far instances share their quotas is set with the allocation', () => {
  expect(settingsOf(base()).allocation.inPlacePooling).toBe(0.9);
  const random = settingsOf(`${base()}\nallocation: { in_place_pooling: 0 }\n`);
  expect(random.allocation.inPlacePooling).toBe(0);
});

test('the example file reads as its comments say', () => {
  const settings = settingsOf(shippedFile('example.yaml'));
  expect(settings.control).toMatchObject({ interval: 120, assumeApplied: true, minInterval: 30 });
  expect(settings.store).toEqual({ path: '/var/lib/dta-slo', retention: 90 * 86_400, flushInterval: 1 });
  expect(settings.topology.services.get('gateway')?.initial).toEqual({ cpu: 1, memory: 512, instances: 3 });
  expect(settings.topology.services.get('pricing')?.parallelism).toBe(1);
  expect(settings.topology.chains.get('browse')).toMatchObject({
    slo: { latencySeconds: 0.3, objective: 0.95 },
    stages: [[[{ service: 'gateway' }]], [[{ service: 'catalog' }]]],
  });
  expect(settings.topology.chains.get('checkout')).toEqual({
    id: 'checkout',
    slo: { latencySeconds: 0.8, percentile: 0.99, objective: 0.999, priority: 5 },
    stages: [
      [[{ service: 'gateway', visits: 1 }]],
      [
        [
          { service: 'catalog', visits: 2 },
          { service: 'pricing', visits: 1 },
        ],
        [{ service: 'payment', visits: 1 }],
      ],
    ],
  });
});

test('a branch with a stage in it is there for each way through, and what the ways share is paid once', () => {
  const { topology } = settingsOf(
    base('chains: { shop: { stages: [[[web, [[db, web], db], db], db]], visits: { db: 2 } } }'),
  );
  const [web, db] = [
    { service: 'web', visits: 1 },
    { service: 'db', visits: 2 },
  ];
  const chain = topology.chains.get('shop')!;
  expect(chain.stages).toEqual([
    [[web, db, web, db], [{ ...web, again: true }, db, { ...db, again: true }], [db]],
  ]);
  expect(Object.fromEntries(visitsByService(chain))).toEqual({ web: 2, db: 8 });
});

test.each([
  ['300', 300],
  ['300s', 300],
  ['5m', 300],
  ['1h', 3600],
  ['0.5h', 1800],
  ['90000ms', 90],
])('a time may be written as %s', (text, seconds) => {
  expect(settingsOf(base(`control: { interval: ${text} }`)).control.interval).toBe(seconds);
});

test('the step is the window divided by the sequence, or what is set', () => {
  const window = 'monitoring: { window_size: 1800 }\n';
  expect(settingsOf(base(window)).prediction.step).toBe(30);
  expect(settingsOf(base(`${window}prediction: { step: 10 }`)).prediction.step).toBe(10);
});

test('a section without content counts as absent', () => {
  expect(settingsOf(base('control:\nchains:\n'))).toEqual(settingsOf(base()));
});

test('names that JavaScript objects have of their own are names like others', () => {
  const text = base()
    .replaceAll('web', 'constructor')
    .replaceAll('db', 'toString')
    .replaceAll('shop', 'hasOwnProperty');
  const { services, chains } = settingsOf(text).topology;
  expect([...services.keys()]).toEqual(['constructor', 'toString']);
  expect(chains.get('hasOwnProperty')?.stages).toHaveLength(2);
});

test('anchors and aliases save repetition', () => {
  const bounds = '{ chains: [shop], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 }';
  const { services } = settingsOf(
    `services: { a: &bounds ${bounds}, b: *bounds }\nslos: { shop: 1 }`,
  ).topology;
  expect(services.get('b')).toEqual({ ...services.get('a'), id: 'b' });
});

test('a flag beats the environment, the environment beats the file', () => {
  const text = base('server: { port: 1, host: a, log_level: fatal }\nstore: { path: x }');
  const environment = { DTA_SLO_PORT: '2', DTA_SLO_HOST: 'b', DTA_SLO_STORE_PATH: 'y', HOME: '/' };
  const { server, store } = settingsOf(text, environment, { port: 3 });
  expect(server).toMatchObject({ port: 3, host: 'b', logLevel: 'fatal' });
  expect(store.path).toBe('y');
});

test('an empty variable counts as not set', () => {
  expect(settingsOf(base(), { DTA_SLO_PORT: '' }).server.port).toBe(8000);
});

test('the variables that Kubernetes sets for a Service called dta-slo are not ours', () => {
  const environment = {
    DTA_SLO_SERVICE_HOST: '10.0.0.1',
    DTA_SLO_SERVICE_PORT: '8000',
    DTA_SLO_SERVICE_PORT_HTTP: '8000',
    DTA_SLO_PORT: 'tcp://10.0.0.1:8000',
    DTA_SLO_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
    DTA_SLO_PORT_8000_TCP_PROTO: 'tcp',
    DTA_SLO_PORT_8000_TCP_PORT: '8000',
    DTA_SLO_PORT_8000_TCP_ADDR: '10.0.0.1',
  };
  expect(settingsOf(base(), environment).server.port).toBe(8000);
});

test('what is wrong with the environment is told together with what is wrong with the file', () => {
  const file = fileWith(base('control: { interval: never }'));
  const environment = { DTA_SLO_PORT: '-1', DTA_SLO_PROT: '1', DTA_SLO_CLOCK_SPEED: '0' };
  const problems = problemsOf(() => loadSettings({ file, flags: {}, environment }));
  expect(problems.map(({ source, path, found }) => [source, path, found])).toEqual([
    [file, 'control.interval', 'the text "never"'],
    ['environment', 'DTA_SLO_PORT', 'the text "-1"'],
    ['environment', 'DTA_SLO_CLOCK_SPEED', 'the text "0"'],
    ['environment', 'DTA_SLO_PROT', 'an unknown variable'],
  ]);
  expect(problems.at(-1)?.allowed).toContain('did you mean DTA_SLO_PORT?');
});

test('the file and the speed of the clock come from flags, else environment, else defaults', () => {
  const environment = { DTA_SLO_CONFIG: 'there.yaml', DTA_SLO_CLOCK_SPEED: '60' };
  expect(startOptions({ flags: {}, environment: {} })).toEqual({ file: 'config/config.yaml', clockSpeed: 1 });
  expect(startOptions({ flags: {}, environment })).toEqual({ file: 'there.yaml', clockSpeed: 60 });
  expect(startOptions({ flags: { config: 'here.yaml', clockSpeed: 2 }, environment })).toEqual({
    file: 'here.yaml',
    clockSpeed: 2,
  });
});
