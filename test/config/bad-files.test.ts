import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { base, fileWith, problemsOf, problemsOfFile } from './sources.ts';

const ID = 'text of 1 to 253 characters without control characters, other than __proto__';

const SERVICE_ID = `${ID}, history and what-if`;

/** What is wrong, the file, and the one problem that is told. */
const BAD_FILES: readonly (readonly [string, string, string])[] = [
  ['nothing in it', ' \n', ': an empty file | a mapping with services and slos'],
  [
    'a comment only',
    '# later\n',
    ': expected a document, but the input is empty | one YAML 1.2 document, each key once',
  ],
  [
    'broken YAML',
    'services: [\na: 1',
    ': deficient indentation at line 2, column 1 | one YAML 1.2 document, each key once',
  ],
  [
    'a key given twice',
    base('slos: { shop: 1 }'),
    ': duplicated mapping key at line 6, column 1 | one YAML 1.2 document, each key once',
  ],
  [
    'a tag that makes objects',
    base('server: !!js/function x'),
    ': unknown scalar tag !<tag:yaml.org,2002:js/function> at line 6, column 9 | one YAML 1.2 document, each key once',
  ],
  [
    'two documents',
    '{}\n---\n{}',
    ': expected a single document in the stream, but found more | one YAML 1.2 document, each key once',
  ],
  [
    'a list for a document',
    '[1]',
    ': a list of 1 | a mapping with the keys server, monitoring, prometheus, prediction, allocation, control, store, kubernetes, services, slos, chains',
  ],
  ['no service', 'slos: {}', 'services: no service | at least one service'],
  [
    'a misspelt key',
    base('monitoring: { windowSize: 60 }'),
    'monitoring.windowSize: an unknown key | sampling_interval, window_size, source, latency_scope, unknown, max_series, future_tolerance; did you mean window_size?',
  ],
  [
    'a section that is a list',
    base('store: [1, 2]'),
    'store: a list of 2 | a mapping with the keys path, retention, flush_interval',
  ],
  [
    'text for a number',
    base('server: { port: "http" }'),
    'server.port: the text "http" | a whole number from 0 to 65535',
  ],
  ['a number for text', base('server: { host: 3 }'), 'server.host: the number 3 | text'],
  [
    'a fraction for a whole number',
    base('server: { port: 80.5 }'),
    'server.port: the number 80.5 | a whole number from 0 to 65535',
  ],
  [
    'nothing for a number',
    base('server: { port: }'),
    'server.port: nothing | a whole number from 0 to 65535',
  ],
  [
    'not a number',
    base('allocation: { price_per_core: .nan }'),
    'allocation.price_per_core: the number NaN | a number above 0, at most 1000000000',
  ],
  [
    'infinity',
    base('control: { largest_step: .inf }'),
    'control.largest_step: the number Infinity | a number above 1, at most 1000',
  ],
  [
    'too large a number',
    base('prediction: { feature_dim: 4 }'),
    'prediction.feature_dim: the number 4 | a whole number from 1 to 3',
  ],
  [
    'a bound that is excluded',
    base('control: { change_budget: 0 }'),
    'control.change_budget: the number 0 | a number above 0, at most 1',
  ],
  [
    'text for yes or no',
    base('control: { paused: "yes" }'),
    'control.paused: the text "yes" | true or false',
  ],
  [
    'another word than those allowed',
    base('monitoring: { unknown: ignore }'),
    'monitoring.unknown: the text "ignore" | one of reject, learn',
  ],
  [
    'a time in an unknown unit',
    base('store: { retention: 1 year }'),
    'store.retention: the text "1 year" | a number of seconds from 3600 to 315360000, or with a unit such as 300s, 5m, 12h, 30d',
  ],
  [
    'a time out of range with its unit',
    base('store: { retention: 5m }'),
    'store.retention: the text "5m" | a number of seconds from 3600 to 315360000, or with a unit such as 300s, 5m, 12h, 30d',
  ],
  [
    'too many layers',
    base('prediction: { units: [8, 8, 8, 8, 8] }'),
    'prediction.units: a list of 5 | a list of 1 to 4, each item a whole number from 1 to 512',
  ],
  [
    'a layer that is none',
    base('prediction: { units: [8, 0] }'),
    'prediction.units[1]: the number 0 | a whole number from 1 to 512',
  ],
  [
    'a step that is no whole number',
    base('prediction: { sequence_length: 61 }'),
    'prediction.step: nothing, which means window_size / sequence_length = 3600 / 61 s | a whole number of seconds; set it',
  ],
  [
    'steps that the window does not hold',
    base('prediction: { step: 61 }'),
    'prediction.step: 60 steps of 61 s | at most monitoring.window_size = 3600 s in all',
  ],
  [
    'passes that are less apart than allowed',
    base('control: { interval: 10 }'),
    'control.min_interval: the number 30 | at most interval = 10',
  ],
  [
    'a service without a bound',
    base().replace('min_cpu: 0.1, ', ''),
    'services.web.min_cpu: nothing | a number of cores from 0.001 to 1024',
  ],
  [
    'bounds the wrong way round',
    base().replace('min_memory: 128', 'min_memory: 2048'),
    'services.web.min_memory: the number 2048 | at most max_memory = 1024',
  ],
  [
    'more instances at least than at most',
    base().replace('min_cpu', 'min_instances: 11, min_cpu'),
    'services.web.min_instances: the number 11 | at most max_instances = 10',
  ],
  [
    'a start outside the bounds',
    base().replace('min_cpu', 'initial: { cpu: 5 }, min_cpu'),
    'services.web.initial.cpu: the number 5 | from 0.1 to 4, the bounds of the service',
  ],
  [
    'a mode that this version does not have',
    base().replace('min_cpu', 'mode: in-pod, min_cpu'),
    'services.web.mode: the text "in-pod" | recommend, rolling or in-place',
  ],
  [
    'a Deployment that Kubernetes would not take',
    base().replace('min_cpu', 'deployment: My_App, min_cpu'),
    'services.web.deployment: the text "My_App" | the name of a Deployment, or kind and name such as StatefulSet/cart',
  ],
  [
    'a chain listed twice',
    base().replace('[shop]', '[shop, shop]'),
    'services.web.chains[1]: "shop" again | each chain once',
  ],
  [
    'a chain that is a number',
    base().replace('[shop]', '[shop, 7]'),
    `services.web.chains[1]: the number 7 | ${ID}`,
  ],
  [
    'a service called __proto__',
    base().replace('web', '__proto__'),
    `services: the name "__proto__" | ${SERVICE_ID}`,
  ],
  [
    "a service called as the API's own word, which alone lists a chain that has an SLO and stages",
    `services: { history: { chains: [shop], min_cpu: 1, max_cpu: 4, min_memory: 128, max_memory: 1024 } }
slos: { shop: 1 }
chains: { shop: { stages: [[history]] } }`,
    `services: the name "history" | ${SERVICE_ID}`,
  ],
  ['another such service', base().replace('web', 'what-if'), `services: the name "what-if" | ${SERVICE_ID}`],
  [
    'fewer series than pairs',
    base('monitoring: { max_series: 2 }'),
    'monitoring.max_series: the number 2 | at least 3: each chain at each service that lists it, and each chain end to end',
  ],
  [
    'a control character in a name',
    base().replace('web', '"we\\tb"'),
    `services: the name "we\\tb" | ${SERVICE_ID}`,
  ],
  [
    'a name of 254 characters',
    base().replace('web', 'w'.repeat(254)),
    `services: the name "${'w'.repeat(60)}…" | ${SERVICE_ID}`,
  ],
  [
    'a chain without SLO',
    base().replace('[shop]', '[shop, search]'),
    'slos.search: nothing, but web lists the chain | a number of seconds',
  ],
  [
    'an SLO of a chain that no service lists',
    base().replace('shop: 0.5', 'shop: 0.5, search: 1'),
    'slos.search: an SLO of a chain that no service lists | shop',
  ],
  [
    'an SLO of no time at all',
    base().replace('shop: 0.5', 'shop: 0'),
    'slos.shop: the number 0 | a number of seconds above 0, at most 86400, or a mapping with the keys latency, percentile, objective, priority',
  ],
  [
    'a percentile in percent',
    base().replace('shop: 0.5', 'shop: { latency: 0.5, percentile: 95 }'),
    'slos.shop.percentile: the number 95 | a number above 0 and below 1',
  ],
  [
    'a long SLO without latency',
    base().replace('shop: 0.5', 'shop: { percentile: 0.9 }'),
    'slos.shop.latency: nothing | a number of seconds above 0, at most 86400',
  ],
  [
    'a graph of a chain that no service lists',
    base('chains: { search: { stages: [[web]] } }'),
    'chains.search: a chain that no service lists | a chain that a service lists',
  ],
  [
    'a graph with an unknown service',
    base('chains: { shop: { stages: [[web], [db], [dbb]] } }'),
    'chains.shop.stages: the unknown service "dbb" | web, db; did you mean db?',
  ],
  [
    'a graph that leaves out a service',
    base('chains: { shop: { stages: [[web]] } }'),
    'chains.shop.stages: no "db", which lists the chain | every service that lists the chain',
  ],
  [
    'an empty stage',
    base('chains: { shop: { stages: [[web], []] } }'),
    'chains.shop.stages[1]: an empty list | a list of at least one branch; a branch is a service or a list of services in sequence',
  ],
  [
    'stages in branches of stages deeper than three',
    base('chains: { shop: { stages: [[[web, [[web, [[web, [[web, [db]]]]]]]]]] } }'),
    `chains.shop.stages[0][0][1][0][1][0][1][0][1]: a list of 1 | ${ID}`,
  ],
  [
    'branches that can be gone through in too many ways',
    base(`chains: { shop: { stages: [[[web${', [web, db, web]'.repeat(4)}], db]] } }`),
    'chains.shop.stages[0]: 82 ways through its branches | at most 64',
  ],
  [
    'visits of a service that the stages do not name',
    base('chains: { shop: { stages: [[web], [db]], visits: { cache: 2 } } }'),
    'chains.shop.visits.cache: a service that the stages do not name | web, db',
  ],
  [
    'no visits at all',
    base('chains: { shop: { stages: [[web], [db]], visits: { web: 0 } } }'),
    'chains.shop.visits.web: the number 0 | a number above 0, at most 10000',
  ],
];

test.each(BAD_FILES)('a file with %s is refused with where, found and allowed', (_what, text, problem) => {
  expect(problemsOfFile(text)).toEqual([problem]);
});

test('a graph with a service that does not list the chain says how to mend it', () => {
  const text = base(`
chains: { shop: { stages: [[web], [db], [mail]] } }
`).replace(
    'services:',
    'services:\n  mail: { chains: [news], min_cpu: 1, max_cpu: 1, min_memory: 1, max_memory: 1 }',
  );
  expect(problemsOfFile(text.replace('shop: 0.5', 'shop: 0.5, news: 1'))).toEqual([
    'chains.shop.stages: "mail", which does not list the chain | web, db, or add the chain to the service',
  ]);
});

test('all problems of a file are told at once, and none twice', () => {
  const text = `
monitoring: { window_sise: 60, unknown: maybe }
prediction: { units: 3 }
services:
  web: { chains: [shop], min_cpu: 4, max_cpu: 1, min_memory: 128 }
  db: { chains: shop, min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 }
slos: { shop: fast, search: 1 }
`;
  expect(problemsOfFile(text).map((problem) => problem.split(':')[0])).toEqual([
    'monitoring.window_sise',
    'monitoring.unknown',
    'prediction.units',
    'services.web.max_memory',
    'services.db.chains',
    'slos.shop',
    'services.web.min_cpu',
  ]);
});

test('a file that is not there is named, with the reason', () => {
  const [problem] = problemsOf(() => loadSettings({ file: '/no/such.yaml', flags: {}, environment: {} }));
  expect(problem).toMatchObject({ source: '/no/such.yaml', path: '', allowed: 'a readable YAML file' });
  expect(problem?.found).toContain('ENOENT');
});

test('a file over 10 MiB is not read', () => {
  const text = `${base()}# ${'x'.repeat(10 * 1024 * 1024)}`;
  expect(problemsOfFile(text)).toEqual([`: ${text.length} bytes | a file of at most 10485760 bytes`]);
});

test('bytes that are no text are refused', () => {
  expect(problemsOfFile(new Uint8Array([0, 255, 254, 1]))).toHaveLength(1);
});

test('aliases that stand for a billion values are refused, and quickly', () => {
  const line = (length: number, item: string) => `[${Array(length).fill(item).join(', ')}]`;
  const text = `
server: { host: &branch ${line(1000, 'web')}, port: &stage ${line(1000, '*branch')} }
services: { web: { chains: [shop], min_cpu: 1, max_cpu: 1, min_memory: 1, max_memory: 1 } }
slos: { shop: 1 }
chains: { shop: { stages: ${line(1000, '*stage')} } }
`;
  expect(problemsOfFile(text)).toContain(
    ': more than 1000000 values | fewer; aliases may stand for too much',
  );
});

test('an alias to itself is refused', () => {
  const text = base('chains: { shop: { stages: &loop [*loop] } }');
  expect(problemsOfFile(text).length).toBeGreaterThan(0);
});

test('the message of the error has one line for each problem, with the file first', () => {
  const file = fileWith(base('server: { port: -1 }'));
  expect(() => loadSettings({ file, flags: {}, environment: {} })).toThrow(
    `${file}: server.port: found the number -1, allowed: a whole number from 0 to 65535`,
  );
});
