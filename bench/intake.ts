/**
 * How fast records are taken in: `recordRequest` in process against the naive way, and `POST /requests` single,
 * batched and as NDJSON against a bare Fastify route with the same schema, all in one run.
 *
 *     npm run -s bench:intake -- [--rounds 5] [--seconds 2] --json      last line: one JSON object
 */
import { parseArgs } from 'node:util';
import { benchHttpIntake } from './intake/http.ts';
import { measureRecordRequest } from './intake/record-request.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});

const inProcess = measureRecordRequest();
const http = await benchHttpIntake(Number(values.rounds), Number(values.seconds));

const millions = (perSecond: number) => `${(perSecond / 1e6).toFixed(2)} M/s`;
console.log(
  [
    `recordRequest        ${millions(inProcess.records_per_second)} (with timestamp ${millions(inProcess.records_per_second_with_timestamp)}; naive ${millions(inProcess.peer_records_per_second)})`,
    `POST single record   ${http.single.oursPerSecond.toFixed(0)}/s, ${http.single.ratio.toFixed(2)} × bare Fastify`,
    `POST 100 records     ${http.batch.oursPerSecond.toFixed(0)}/s, ${http.batch.ratio.toFixed(2)} × bare Fastify`,
    `NDJSON               ${http.ndjson.recordsPerSecond.toFixed(0)} records/s`,
  ].join('\n'),
);
if (values.json) console.log(JSON.stringify({ record_request: inProcess, http }));
