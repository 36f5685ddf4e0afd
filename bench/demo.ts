/**
 * `npm run demo`: the daemon with its shipped configuration on a fast clock, and a simulated system under a day's
 * load in front of it. Two simulated hours in less than a minute. The system is a queue simulation that knows
 * nothing of the daemon's formulas; the daemon sees what any would: records over HTTP.
 */
import { messageOf } from '../src/models/errors.ts';
import { milliseconds, Narrator, painted } from './demo/narrator.ts';
import { SCENARIO, scenarioTrace } from './demo/scenario.ts';
import { type LoopResult, runClosedLoop } from './replay/closed-loop.ts';
import { DaemonClient } from './replay/daemon-client.ts';
import { DaemonClock } from './replay/daemon-clock.ts';
import { startDaemon } from './replay/daemon-process.ts';
import { interruption } from './replay/interruption.ts';
import { percent } from './replay/replay-report.ts';
import { type SimulatedSystem, shippedSystem } from './replay/shipped-system.ts';

const SPEED = 180;
const SEED = 1;
const CONFIG = 'config/config.yaml';
const INITIAL = { cpu: 4, memory: 8192, instances: 1 };

try {
  await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const system = shippedSystem(SCENARIO.demands);
  introduce(system);
  const signal = interruption();
  const daemon = await startDaemon({ config: CONFIG, clockSpeed: SPEED });
  try {
    const client = new DaemonClient(daemon.url);
    const result = await runClosedLoop({
      client,
      clock: await DaemonClock.read(client),
      system,
      trace: scenarioTrace(),
      seed: SEED,
      initial: INITIAL,
      applyDelaySeconds: 30,
      withCpu: false,
      signal,
      observer: new Narrator(system, (line) => console.log(line)),
    });
    summarize(result, system);
  } finally {
    await daemon.stop();
  }
}

function introduce(system: SimulatedSystem): void {
  console.log(painted('bold', 'DTA-SLO demo'));
  console.log(
    `Two simulated hours at ${SPEED} × real time, with ${CONFIG}. Chains and their p95 objectives:`,
  );
  for (const [chain, { id, steps }] of system.chains.entries()) {
    const way = steps.map(({ service }) => system.services[service]!.id).join(' → ');
    console.log(`  ${id.padEnd(24)} ${way.padEnd(32)} ${milliseconds(system.slosSeconds[chain]!)}`);
  }
  console.log(
    `Each service starts with ${INITIAL.instances} × ${INITIAL.cpu} cores. The daemon is told latencies alone.\n`,
  );
}

function summarize({ run, wallSeconds, changes }: LoopResult, system: SimulatedSystem): void {
  const { chains, coreHours, utilization } = run.scores();
  const hours = run.nowSeconds / 3600;
  const maxCores = system.services.length * system.maxShape.cpu * system.maxShape.instances;
  const startCores = system.services.length * INITIAL.cpu * INITIAL.instances;
  console.log(
    `\n${painted('bold', 'Summary')} of ${hours.toFixed(1)} simulated hours (${wallSeconds.toFixed(0)} s):`,
  );
  for (const { chain, windows, windowsOverSlo, requestsOverSlo } of chains) {
    const missed = Math.round(windows * windowsOverSlo);
    console.log(
      `  ${chain.padEnd(24)} ${missed} of ${windows} minutes over the objective, ${percent(requestsOverSlo)} of the requests`,
    );
  }
  console.log(
    `  capacity                 ${coreHours.toFixed(1)} core-hours at ${percent(utilization)} utilisation, in ${changes.length} changes`,
  );
  console.log(
    `  for comparison           ${(maxCores * hours).toFixed(0)} always at max, ${(startCores * hours).toFixed(0)} always as at the start`,
  );
}
