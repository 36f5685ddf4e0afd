import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/utils/random.ts';
import { endLeftovers, startDaemon, temporaryFolder } from '../e2e/daemon-process.ts';
import { BUSY_MACHINE_MS, call, pause, statusOf, textFile, unmountAll, until } from './kit.ts';
import { withCode } from './with-code.ts';

const root = temporaryFolder();
afterAll(() => {
  endLeftovers();
  unmountAll();
  root.remove();
});

/** Steps of a second, so that half a minute of traffic is enough to train on. */
const QUICK_TRAINING = `
prediction: { sequence_length: 8, prediction_horizon: 2, step: 1, units: [4], max_epochs: 2, retrain_interval: 600 }
store: { flush_interval: 0.1 }
services: { shop: { chains: [buy], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 } }
slos: { buy: 0.5 }
`;

/** Posts what 4 requests/s, more or less, leave behind, up to now and from then on, until the test is over. */
async function keepPosting(url: string, isOver: () => boolean): Promise<void> {
  const random = seededRandom(3);
  let fromSeconds = (await call(url, 'GET', '/healthz')).body.time;
  while (!isOver()) {
    await pause(40);
    const until: number = (await call(url, 'GET', '/healthz')).body.time;
    const requests = [];
    for (; fromSeconds < until; fromSeconds += random() * 0.5)
      requests.push({ service_id: 'shop', chain_id: 'buy', response_time: 0.02, timestamp: fromSeconds });
    expect((await call(url, 'POST', '/requests', { requests })).status).toBe(202);
  }
}

describe.concurrent('a daemon', { timeout: BUSY_MACHINE_MS }, () => {
  it('whose training dies with its thread goes on, and trains when the thread lives', async () => {
    const dying = join(root.path, 'die');
    writeFileSync(dying, '');
    const environment = withCode(root.path, `if (!isMainThread && existsSync('${dying}')) process.exit(7);`);
    const args = [
      '--config',
      textFile(QUICK_TRAINING),
      '--data',
      join(root.path, 'training'),
      '--clock-speed',
      '600',
    ];
    const daemon = await startDaemon(args, environment);
    let trained = false;
    const posting = keepPosting(daemon.url, () => trained);
    expect(await daemon.line('training failed; what spoke before still speaks')).toContain(
      'ended with code 7',
    );
    expect((await call(daemon.url, 'POST', '/allocations')).status).toBe(200);
    expect(await statusOf(daemon.url, '/readyz')).toBe(200);
    rmSync(dying);
    await daemon.line('network trained');
    trained = true;
    await posting;
    expect(await daemon.end('SIGTERM')).toBe(0);
  });

  it('ended by SIGTERM during a training that never ends does not wait for it', async () => {
    const environment = withCode(root.path, 'if (!isMainThread) for (;;);');
    const args = [
      '--config',
      textFile(QUICK_TRAINING),
      '--data',
      join(root.path, 'hanging'),
      '--clock-speed',
      '50',
    ];
    const daemon = await startDaemon(args, environment);
    let training = false;
    const posting = keepPosting(daemon.url, () => training);
    await until('training', async () =>
      (await (await fetch(`${daemon.url}/metrics`)).text()).includes('dta_slo_predictor_training 1'),
    );
    training = true;
    await posting;
    const before = performance.now();
    expect(await daemon.end('SIGTERM')).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    // Not merely out of things to wait for.
    expect(daemon.lines.at(-1)).toContain('"msg":"stopped"');
  });
});
