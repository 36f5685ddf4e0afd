/** Records that are wrong in one way each: what, the record, and where / found / allowed of the answer. */
import { NOW } from '../fixtures.ts';

export const GOOD = '{"service_id":"auth-service","chain_id":"order-processing","response_time":0.1}';

/** A record that is right but for the given text of keys. */
function record(changes: string): string {
  return GOOD.replace('}', `,${changes}}`);
}

export const BAD_RECORDS: readonly (readonly [string, string, string, string, string])[] = [
  [
    'a response time that is text',
    '{"chain_id":"order-processing","response_time":"0.1"}',
    'response_time',
    '"0.1"',
    'a finite number of at least 0',
  ],
  [
    'an infinite response time',
    '{"chain_id":"order-processing","response_time":1e999}',
    'response_time',
    'Infinity',
    'a finite number of at least 0',
  ],
  [
    'a negative response time',
    '{"chain_id":"order-processing","response_time":-0.1}',
    'response_time',
    '-0.1',
    'a finite number of at least 0',
  ],
  [
    'no response time',
    '{"chain_id":"order-processing"}',
    'response_time',
    'nothing',
    'a finite number of at least 0',
  ],
  ['no chain', '{"response_time":1}', 'chain_id', 'nothing', 'a name of 1 to 253 characters'],
  [
    'an id of 254 characters',
    `{"chain_id":"${'x'.repeat(254)}","response_time":1}`,
    'chain_id',
    '(254 characters)',
    '253 characters',
  ],
  ['an empty id', '{"chain_id":"","response_time":1}', 'chain_id', '""', '1 to 253 characters'],
  [
    'a control character in an id',
    '{"service_id":"a\\u0007b","chain_id":"order-processing","response_time":1}',
    'service_id',
    '"a\\u0007b"',
    'without control characters',
  ],
  [
    'a number as id',
    '{"service_id":7,"chain_id":"order-processing","response_time":1}',
    'service_id',
    '7',
    'a name of 1 to 253 characters without control characters or null',
  ],
  [
    '__proto__ as a service',
    '{"service_id":"__proto__","chain_id":"order-processing","response_time":1}',
    'service_id',
    'the unknown service "__proto__"',
    'auth-service, payment-service',
  ],
  [
    '__proto__ as a chain',
    '{"service_id":"auth-service","chain_id":"__proto__","response_time":1}',
    'chain_id',
    'the unknown chain "__proto__"',
    'user-registration, order-processing, subscription-management',
  ],
  [
    '__proto__ as a key',
    record('"__proto__":{"count":5}'),
    '__proto__',
    'an unknown key',
    'service_id, chain_id',
  ],
  [
    'constructor as a key',
    record('"constructor":{"prototype":{}}'),
    'constructor',
    'an unknown key',
    'service_id, chain_id',
  ],
  [
    'an unknown service',
    '{"service_id":"auth-servce","chain_id":"order-processing","response_time":1}',
    'service_id',
    '"auth-servce"',
    'did you mean auth-service?',
  ],
  [
    'an unknown chain',
    '{"service_id":"auth-service","chain_id":"checkout","response_time":1}',
    'chain_id',
    '"checkout"',
    'user-registration, order-processing',
  ],
  [
    'an unknown chain end to end',
    '{"chain_id":"checkout","response_time":1}',
    'chain_id',
    '"checkout"',
    'user-registration, order-processing',
  ],
  [
    'a chain that the service does not list',
    '{"service_id":"auth-service","chain_id":"subscription-management","response_time":1}',
    'chain_id',
    'a chain that service "auth-service" does not list',
    'one of user-registration, order-processing',
  ],
  ['a count of 0', record('"count":0'), 'count', '0', 'a whole number of at least 1'],
  ['a count that is no whole number', record('"count":1.5'), 'count', '1.5', 'a whole number'],
  ['a count that is too large', record('"count":1e18'), 'count', '1000000000000000000', 'at most 1000000000'],
  ['a count that is text', record('"count":"2"'), 'count', '"2"', 'a whole number'],
  ['an error flag that is no boolean', record('"is_error":1'), 'is_error', '1', 'true or false'],
  ['negative CPU seconds', record('"cpu_seconds":-1'), 'cpu_seconds', '-1', 'a finite number of at least 0'],
  [
    'infinite CPU seconds',
    record('"cpu_seconds":1e999'),
    'cpu_seconds',
    'Infinity',
    'a finite number of at least 0',
  ],
  [
    'a timestamp in the future',
    record(`"timestamp":${NOW + 60}`),
    'timestamp',
    '60 s ahead',
    'at most 5 s ahead',
  ],
  [
    'a timestamp in milliseconds',
    record(`"timestamp":${NOW * 1000}`),
    'timestamp',
    'looks like milliseconds',
    'Unix seconds',
  ],
  ['an ancient timestamp', record(`"timestamp":${NOW - 7200}`), 'timestamp', '7200 s ago', 'at most 3600 s'],
  ['a negative timestamp', record('"timestamp":-5'), 'timestamp', '-5', 'of at least 0'],
  ['a timestamp that is text', record('"timestamp":"now"'), 'timestamp', '"now"', 'a finite number'],
  [
    'a mistyped key',
    '{"chain_id":"order-processing","responseTime":1}',
    'responseTime',
    'an unknown key',
    'did you mean response_time?',
  ],
  ['a number for a record', '7', 'record', '7', 'an object with service_id, chain_id'],
  ['null for a record', 'null', 'record', 'null', 'an object with'],
  ['a list for a record', '[1]', 'record', 'an array', 'an object with'],
];
