/**
 * Do requests notice that the network is being trained? Posts single records at a steady pace to a real daemon that
 * trains, rests and trains again, and compares the latency of POST /requests in the two.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/models/errors.ts';
import { DaemonClient } from './replay/daemon-client.ts';
import { startDaemon } from './replay/daemon-process.ts';
import { interruption } from './replay/interruption.ts';
import { positive } from './replay/replay-options.ts';
import { sampleOf } from './soak/prometheus-text.ts';
import { writePast } from './training-load/past.ts';
import { figuresOf, type Look, phasesOf } from './training-load/phases.ts';
import { postSteadily } from './training-load/steady-posts.ts';

const USAGE = `npm run -s bench:training-load -- [options]

  --minutes N   how long (4)
  --rate N      records/s, one a request (1000)
  --days N      of history that is trained on (14)
  --chains N    that have such a history (3)
  --units N,…   GRU layers (32)
  --json        the last line is one JSON object`;

/** Between two looks at whether the daemon trains. */
const LOOK_EVERY_MS = 250;
/** Phases that are shorter say little of a 99th percentile. */
const LEAST_PHASE_SECONDS = 0.5;
const TRAINING_SECONDS = 15;
const REST_SECONDS = 10;
const STEP_SECONDS = 60;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    minutes: { ...text, default: '4' },
    rate: { ...text, default: '1000' },
    days: { ...text, default: '14' },
    chains: { ...text, default: '3' },
    units: { ...text, default: '32' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  try {
    await main();
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const rate = positive('--rate', values.rate);
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-training-load-'));
  const chains = Array.from({ length: positive('--chains', values.chains) }, (_, i) => `chain-${i}`);
  const config = join(folder, 'config.yaml');
  writeFileSync(config, configOf(chains));
  const data = join(folder, 'data');
  writePast(data, chains, { days: positive('--days', values.days), stepSeconds: STEP_SECONDS, rate });
  const daemon = await startDaemon({ config, data });
  try {
    await run(daemon.url, rate, positive('--minutes', values.minutes) * 60);
  } finally {
    await daemon.stop();
    for (const complaint of daemon.complaints) console.error(complaint);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Trainings that take some seconds, by small batches, with a rest between. */
function configOf(chains: readonly string[]): string {
  const list = `[${chains.join(', ')}]`;
  return `
prediction:
  units: [${values.units}]
  max_epochs: 10000
  batch_size: 4
  training_budget: ${TRAINING_SECONDS}
  retrain_interval: ${REST_SECONDS}
services:
  service: { chains: ${list}, min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 8192 }
slos: { ${chains.map((chain) => `${chain}: 0.5`).join(', ')} }
`;
}

async function run(url: string, rate: number, seconds: number): Promise<void> {
  const interrupted = interruption();
  const end = new AbortController();
  setTimeout(() => end.abort(), 1000 * seconds).unref();
  interrupted.addEventListener('abort', () => end.abort());
  const ended = end.signal;
  const record = { service_id: 'service', chain_id: 'chain-0', response_time: 0.042 };
  const looking = look(new DaemonClient(url), ended);
  const { posts, failed } = await postSteadily(url, record, rate, ended);
  const phases = phasesOf(await looking);
  const figures = (training: boolean) =>
    figuresOf(
      posts,
      phases.filter((phase) => phase.training === training),
      LEAST_PHASE_SECONDS,
    );
  const training = figures(true);
  const resting = figures(false);
  const ratio = training.p99_ms / resting.p99_ms;
  const phase_ratio = training.p99_of_phases_ms / resting.p99_of_phases_ms;
  console.table({ training, resting });
  console.log(
    `p99 while training over p99 without: ${ratio.toFixed(2)} of all, ${phase_ratio.toFixed(2)} of the phases' medians; ${failed} posts failed`,
  );
  if (values.json) console.log(JSON.stringify({ rate, failed, training, resting, ratio, phase_ratio }));
}

async function look(client: DaemonClient, signal: AbortSignal): Promise<Look[]> {
  const looks: Look[] = [];
  while (!signal.aborted) {
    const metrics = await client.metrics();
    looks.push({
      atMs: performance.now(),
      training: sampleOf(metrics, 'dta_slo_predictor_training') === 1,
      lastTrainingSeconds: lastTraining(metrics),
    });
    await sleep(LOOK_EVERY_MS);
  }
  return looks;
}

/** The outcome is a label. */
function lastTraining(metrics: string): number {
  const found = /^dta_slo_predictor_last_training_timestamp_seconds\{[^}]*\} (\S+)/m.exec(metrics);
  return Number(found?.[1] ?? 0);
}
