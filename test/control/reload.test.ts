import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/models/settings.ts';
import { temporaryFolder } from '../e2e/daemon-process.ts';
import { warningLog } from '../store/folders.ts';
import { FakeClock, settingsWith } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function appOf(name: string) {
  const settings = settingsWith();
  const store = { ...settings.store, path: `${folder.path}/${name}` };
  const clock = new FakeClock();
  const app = await createApp({ settings: { ...settings, store }, clock, logger: warningLog() });
  return { app, clock, settings: { ...settings, store } };
}

/** Without `payment-service` and the chain that needs nothing else. */
function smaller({ store }: Settings): Settings {
  const file = `${folder.path}/smaller.yaml`;
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(
    file,
    `services:
  auth-service: { chains: [user-registration], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 8192 }
slos: { user-registration: 0.2 }
`,
  );
  return { ...loadSettings({ file, flags: {}, environment: {} }), store };
}

describe('reading the configuration again', () => {
  it('names every key that waits for a restart, and keeps to the old value till then', async () => {
    const { app, settings, clock } = await appOf('waiting');
    const monitoring = { ...settings.monitoring, futureTolerance: 60, windowSize: 7200, maxSeries: 77 };
    expect(app.reload({ ...settings, monitoring })).toEqual([
      'monitoring.window_size',
      'monitoring.future_tolerance',
    ]);
    expect(app.daemon.settings.monitoring).toEqual({ ...settings.monitoring, maxSeries: 77 });
    const ahead = clock.nowSeconds() + 30;
    const { intake } = app.daemon;
    expect(intake.recordRequest('auth-service', 'order-processing', 0.1, false, ahead)).toBe('in-the-future');
    await app.stop();
  });

  it('lets the pass under way end with the settings that it began with', async () => {
    const { app, settings } = await appOf('pass');
    const fewer = smaller(settings);
    const pass = app.daemon.runPass('request');
    app.reload(fewer);
    const services = async (decision: typeof pass) => (await decision).services.map(({ id }) => id);
    expect(await services(pass)).toEqual(['auth-service', 'payment-service']);
    expect(await services(app.daemon.runPass('request'))).toEqual(['auth-service']);
    await app.stop();
  });
});
