import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { TrafficPredictor } from '../../src/components/traffic-predictor/traffic-predictor.ts';
import { SqliteHistoryStore } from '../../src/store/history-store.ts';
import { temporaryFolder } from '../e2e/daemon-process.ts';
import { openStore } from '../store/folders.ts';
import { FakeClock, NOW, settingsWith } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
afterEach(() => vi.restoreAllMocks());

const WRITES = [
  'saveWindows',
  'saveSteps',
  'saveDecision',
  'saveCapacity',
  'saveUsage',
  'saveStates',
  'prune',
] as const;

function fillDisk(): void {
  for (const write of WRITES) {
    vi.spyOn(SqliteHistoryStore.prototype, write).mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
  }
}

async function start(name: string) {
  const clock = new FakeClock(NOW);
  const errors: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => errors.push(text) };
  const settings = settingsWith({ assumeApplied: true });
  const store = { ...settings.store, path: `${folder.path}/${name}` };
  const app = await createApp({ settings: { ...settings, store }, clock, logger });
  app.start();
  return { app, clock, errors, path: store.path };
}

async function run({ app, clock }: { app: App; clock: FakeClock }, seconds: number): Promise<void> {
  for (let elapsed = 0; elapsed < seconds; elapsed += 5) {
    for (let index = 0; index < 20; index += 1) {
      app.daemon.intake.recordRequest('auth-service', 'order-processing', 0.005 + 0.0001 * index);
      app.daemon.intake.recordRequest('payment-service', 'order-processing', 0.005 + 0.0001 * index);
    }
    clock.advance(5);
    for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate);
  }
}

describe('the daemon on a full disk', () => {
  it('goes on deciding and learning, is not ready, and has lost nothing once there is room again', async () => {
    const trial = await start('full');
    const { app, clock, errors } = trial;
    await run(trial, 300);
    const { completed } = app.daemon.passes;
    const before = completed.interval;
    fillDisk();
    await run(trial, 1200);
    expect(completed.interval - before).toBe(4);
    expect(app.daemon.passes.failed).toBe(0);
    expect(app.daemon.profiles.getLoadLatencyProfile('auth-service')[0]?.windows).toBeGreaterThan(20);
    expect(app.daemon.notReadyBecause()).toHaveLength(1);
    expect(errors).toEqual(['history cannot be written; it waits in memory']);
    app.daemon.setApplied('auth-service', { cpu: 3.5, memory: 2048, instances: 2 });
    app.daemon.recordUsage({ service: 'auth-service', atSeconds: clock.nowSeconds(), memory: 300 });
    await run(trial, 5);
    const decision = await app.daemon.runPass('request');

    vi.restoreAllMocks();
    await run(trial, 5);
    await app.daemon.runPass('request');
    expect(app.daemon.notReadyBecause()).toEqual([]);
    await app.stop();

    const history = openStore(trial.path);
    expect(history.loadDecisions({ limit: 100 }).map(({ id }) => id)).toContain(decision.id);
    expect([...history.loadCapacities(0)]).toContainEqual(
      expect.objectContaining({ service: 'auth-service', cpu: 3.5, instances: 2 }),
    );
    expect([...history.loadUsage(0)]).toHaveLength(1);
    const steps = [...history.loadSteps(0)].filter(({ chain }) => chain === 'order-processing');
    expect(steps.map(({ startSeconds }) => (startSeconds - NOW) / 60)).toEqual([...Array(25).keys()]);
    expect([...history.loadWindows(0)].filter(({ service }) => service === 'auth-service')).toHaveLength(26);
  });

  it('survives a training that ends while the disk is full, and one that fails', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const trial = await start('training');
    fillDisk();
    const train = vi.spyOn(TrafficPredictor.prototype, 'train');
    train.mockResolvedValueOnce({ kind: 'trained', epochs: 1, validationLoss: 1, seconds: 1 });
    vi.spyOn(TrafficPredictor.prototype, 'save').mockReturnValue(new Uint8Array([1]));
    await run(trial, 5);
    expect(trial.app.daemon.notReadyBecause()).toHaveLength(1);
    await trial.app.stop();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
