import { cpSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { OPERATOR_STATE } from '../../../src/control/operator/operator-book.ts';
import type { ChangeRecord } from '../../../src/models/changes.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { openHistoryStore } from '../../../src/store/history-store.ts';
import { temporaryFolder } from '../../e2e/daemon-process.ts';
import { warningLog } from '../../store/folders.ts';
import { FakeClock, NOW, settingsWith } from '../fixtures.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function settingsOf(name: string): Settings {
  const settings = settingsWith();
  return { ...settings, store: { ...settings.store, path: `${folder.path}/${name}` } };
}

function start(settings: Settings, clock = new FakeClock()): Promise<App> {
  return createApp({ settings, clock, logger: warningLog() });
}

function modeOf({ daemon }: App, service = 'auth-service'): string | undefined {
  return daemon.settings.topology.services.get(service)?.mode;
}

/** `auth-service` alone. */
function smaller({ store }: Settings): Settings {
  const file = `${folder.path}/smaller.yaml`;
  writeFileSync(
    file,
    `services:
  auth-service: { chains: [user-registration], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 8192 }
slos: { user-registration: 0.2 }
`,
  );
  return { ...loadSettings({ file, flags: {}, environment: {} }), store };
}

/** Five minutes of 20 requests a second of each chain, at 0.4 s far over the SLOs. */
function recordTraffic({ intake, settings }: App['daemon']): void {
  for (const { id, chains } of settings.topology.services.values())
    for (const chain of chains)
      for (let second = 0; second < 300; second += 1)
        intake.recordRequest(id, chain, 0.4, false, NOW - second, 20);
}

describe('what the operator sets', () => {
  it('holds every service and says by whom, since when and why, and what was wanted', async () => {
    const clock = new FakeClock(NOW - 600);
    const app = await start(settingsOf('pause'), clock);
    const { daemon } = app;
    daemon.setApplied('auth-service', { cpu: 0.1, memory: 128, instances: 1 });
    clock.advance(600);
    recordTraffic(daemon);
    daemon.operator.pause('deploy of 2.1');
    const decision = await daemon.runPass('request');
    const auth = decision.services.find(({ id }) => id === 'auth-service');
    expect(auth).toMatchObject({ cpu: 0.1, memory: 128, instances: 1, status: 'hold', reason: 'paused' });
    expect(auth?.planned?.cpu).toBeGreaterThan(0.1);
    expect(auth?.explanation).toMatch(
      /^Stays at 1 × 0.1 cores, 128 MiB: changes are paused by the operator since 2027-01-15 08:00:00 UTC \("deploy of 2\.1"\) \(wanted: /,
    );
    daemon.operator.resume();
    const after = (await daemon.runPass('request')).services.find(({ id }) => id === 'auth-service');
    expect(after?.status).toBe('grow');
    await app.stop();
  });

  it('is on disk when the call returns, and in force again after a death', async () => {
    const settings = settingsOf('restart');
    const app = await start(settings);
    app.daemon.operator.pause('deploy of 2.1');
    app.daemon.operator.setMode('auth-service', 'rolling');
    // What another process would find now: the first one has had no chance to close anything.
    const path = settings.store.path;
    const saved = Buffer.from(readState(path)).toString();
    expect(JSON.parse(saved)).toEqual({
      paused: { sinceSeconds: NOW, reason: 'deploy of 2.1' },
      modes: { 'auth-service': 'rolling' },
    });
    await app.stop();
    const again = await start(settings);
    expect(again.daemon.operator.state.paused).toEqual({ sinceSeconds: NOW, reason: 'deploy of 2.1' });
    expect(again.daemon.settings.control.paused).toBe(true);
    expect(modeOf(again)).toBe('rolling');
    await again.stop();
  });

  it('stays in force over a reload, which changes what lies under it', async () => {
    const settings = settingsOf('reload');
    const app = await start(settings);
    const { operator } = app.daemon;
    operator.pause('deploy');
    operator.setMode('auth-service', 'rolling');
    app.reload({ ...settings, control: { ...settings.control, paused: true, burnRate: 7 } });
    expect(app.daemon.settings.control).toMatchObject({
      burnRate: 7,
      paused: true,
      pause: { reason: 'deploy' },
    });
    expect(modeOf(app)).toBe('rolling');
    operator.resume();
    expect(app.daemon.settings.control).toMatchObject({ burnRate: 7, paused: true });
    expect(app.daemon.settings.control.pause).toBeUndefined();
    operator.setMode('auth-service', undefined);
    expect(modeOf(app)).toBe('recommend');
    app.reload(settings);
    expect(app.daemon.settings.control.paused).toBe(false);
    await app.stop();
  });

  it('is forgotten with the service that it was set for', async () => {
    const settings = settingsOf('gone');
    const app = await start(settings);
    app.daemon.operator.setMode('payment-service', 'rolling');
    app.daemon.operator.setMode('auth-service', 'rolling');
    app.reload(smaller(settings));
    app.reload(settings);
    expect([modeOf(app, 'payment-service'), modeOf(app)]).toEqual(['recommend', 'rolling']);
    await app.stop();
    const restarted = await start(smaller(settings));
    await restarted.stop();
    const again = await start(settings);
    expect([...again.daemon.operator.state.modes]).toEqual([['auth-service', 'rolling']]);
    await again.stop();
  });

  it('pauses when what was set cannot be read: it may have been a pause', async () => {
    const settings = settingsOf('unreadable');
    const store = openHistoryStore(settings.store.path);
    store.saveState(OPERATOR_STATE, Buffer.from('{"modes": 3}'));
    store.close();
    const app = await start(settings);
    expect(app.daemon.settings.control.paused).toBe(true);
    expect(app.daemon.operator.state.paused?.reason).toContain('could not be read');
    await app.stop();
  });
});

describe('the manifests', () => {
  it('are there from the first pass on', async () => {
    const app = await start(settingsOf('manifests'));
    expect(app.daemon.operator.manifests()).toBeUndefined();
    app.daemon.setApplied('auth-service', { cpu: 1, memory: 512, instances: 2 });
    const { id } = await app.daemon.runPass('request');
    const text = app.daemon.operator.manifests();
    expect(text).toContain(`Decision ${id} `);
    expect(text).toMatch(/name: "auth-service"[\s\S]*replicas: 2/);
    await app.stop();
  });
});

describe('undo', () => {
  it('that a death cut short leaves its service recommended only, after the restart too', async () => {
    const settings = settingsOf('undo-cut-short');
    const services = new Map(
      [...settings.topology.services].map(([id, spec]) => [id, { ...spec, mode: 'rolling' as const }]),
    );
    const store = openHistoryStore(settings.store.path);
    store.saveChange({
      service: 'auth-service',
      decision: 'undo-d1',
      atSeconds: NOW - 60,
      status: 'writing',
      before: { requests: { cpu: 1, memory: 512 }, limits: {}, instances: 1 },
      to: { cpu: 2, memory: 512, instances: 1 },
      detail: 'Back.',
    });
    store.close();
    const app = await start({ ...settings, topology: { ...settings.topology, services } });
    expect([modeOf(app), modeOf(app, 'payment-service')]).toEqual(['recommend', 'rolling']);
    await app.stop();
  });

  it('says that nothing was applied, or why it cannot be taken back', async () => {
    const settings = settingsOf('undo');
    const store = openHistoryStore(settings.store.path);
    const change: ChangeRecord = {
      service: 'payment-service',
      decision: 'd1',
      atSeconds: NOW,
      status: 'applied',
      before: { requests: { cpu: 2 }, limits: {}, instances: 1 },
      to: { cpu: 1, memory: 256, instances: 1 },
      detail: 'Rolled out.',
    };
    store.saveChange(change);
    store.close();
    const app = await start(settings);
    const { operator } = app.daemon;
    expect(await operator.undo('auth-service')).toEqual({
      kind: 'not-undone',
      reason: 'nothing that was applied to auth-service is left to undo',
    });
    expect(await operator.undo('payment-service')).toEqual({
      kind: 'not-undone',
      reason: operator.idleBecause,
    });
    expect(operator.state.modes.size).toBe(0);
    await app.stop();
  });
});

/** Reads beside the store that is open: the database file is copied with its log. */
function readState(path: string): Uint8Array {
  const copy = `${path}-copy`;
  cpSync(path, copy, { recursive: true });
  const store = openHistoryStore(copy);
  const state = store.loadState(OPERATOR_STATE);
  store.close();
  return state ?? new Uint8Array();
}
