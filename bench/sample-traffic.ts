/**
 * Ten minutes of made-up traffic for the shipped configuration, 20 requests/s of each chain, ending now, as NDJSON:
 *
 *     npm run -s sample | curl localhost:8000/requests -H 'content-type: application/x-ndjson' --data-binary @-
 */
import { seededRandom } from '../src/utils/random.ts';

const WAYS = {
  'user-registration': ['auth-service'],
  'order-processing': ['auth-service', 'payment-service'],
  'subscription-management': ['payment-service'],
} as const;
const SECONDS = 600;
const REQUESTS_PER_SECOND = 20;

const random = seededRandom(1);
const endSeconds = Date.now() / 1000;
const lines: string[] = [];
for (let index = 0; index < SECONDS * REQUESTS_PER_SECOND; index += 1) {
  const timestamp = endSeconds - SECONDS + index / REQUESTS_PER_SECOND;
  for (const [chain_id, services] of Object.entries(WAYS)) {
    for (const service_id of services) {
      const response_time = 0.005 - 0.015 * Math.log(1 - random());
      lines.push(JSON.stringify({ service_id, chain_id, response_time, timestamp }));
    }
  }
}
process.stdout.write(`${lines.join('\n')}\n`);
