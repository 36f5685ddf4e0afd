import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { numberAt } from '../../src/store/rows.ts';
import { seededRandom } from '../../src/utils/random.ts';
import { FakeClock, NOW, settingsWith } from '../control/fixtures.ts';
import { temporaryFolder } from '../e2e/daemon-process.ts';

const root = temporaryFolder();
afterAll(() => root.remove());

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

interface Started {
  readonly app: App;
  readonly lines: readonly Line[];
}

async function start(folder: string, now = NOW): Promise<Started> {
  const lines: Line[] = [];
  const at = (level: Line['level']) => (_fields: object, message: string) => lines.push({ level, message });
  const logger = { debug() {}, info: at('info'), warn: at('warn'), error: at('error') };
  const settings = settingsWith();
  const store = { ...settings.store, path: folder };
  return {
    app: await createApp({ settings: { ...settings, store }, clock: new FakeClock(now), logger }),
    lines,
  };
}

/** A history with traffic, profiles, decisions and a told capacity; the write-ahead log is still beside it. */
async function fill(folder: string): Promise<void> {
  const clock = new FakeClock(NOW - 1200);
  const settings = settingsWith();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const store = { ...settings.store, path: `${folder}-live` };
  const app = await createApp({ settings: { ...settings, store }, clock, logger });
  app.start();
  app.daemon.setApplied('auth-service', { cpu: 2, memory: 1024, instances: 1 });
  for (let elapsed = 0; elapsed < 1200; elapsed += 5) {
    for (const service of ['auth-service', 'payment-service'])
      for (let index = 0; index < 5; index += 1)
        app.daemon.intake.recordRequest(service, 'order-processing', 0.01 + index / 1000);
    clock.advance(5);
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
  }
  await app.daemon.runPass('request');
  mkdirSync(folder);
  for (const name of ['history.db', 'history.db-wal'])
    copyFileSync(join(store.path, name), join(folder, name));
  await app.stop();
  mkdirSync(`${folder}-closed`);
  copyFileSync(join(store.path, 'history.db'), join(`${folder}-closed`, 'history.db'));
}

const FULL = join(root.path, 'full');
let folders = 0;

beforeAll(() => fill(FULL));

/** A copy of the closed history with one file beside it that is none of ours. */
function copy(from = `${FULL}-closed`): string {
  const folder = join(root.path, `${++folders}`);
  mkdirSync(folder);
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(folder, name));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  return folder;
}

function flip(file: string, from: number, to: number, every: number): void {
  const bytes = readFileSync(file);
  for (let at = from; at < Math.min(to, bytes.length); at += every) bytes[at] = bytes[at]! ^ 0xff;
  writeFileSync(file, bytes);
}

const MOVED = 'the history is damaged: moved aside, starting anew';

const DAMAGES: readonly (readonly [what: string, damage: (file: string) => void])[] = [
  ['with a garbage header', (file) => flip(file, 0, 100, 1)],
  ['of another kind altogether', (file) => writeFileSync(file, 'no database '.repeat(1000))],
  ['with flipped bytes in every page', (file) => flip(file, 4096, Number.POSITIVE_INFINITY, 512)],
  ['that was cut off', (file) => truncateSync(file, 10_000)],
  ['that was cut off within its header', (file) => truncateSync(file, 60)],
  [
    'of another program',
    (file) => {
      writeFileSync(file, '');
      const other = new Database(file);
      other.exec('CREATE TABLE windows (a); CREATE TABLE users (name)');
      other.close();
    },
  ],
  [
    'that lacks a table',
    (file) => {
      const ours = new Database(file);
      ours.exec('DROP TABLE steps');
      ours.close();
    },
  ],
  [
    'with a table of other columns',
    (file) => {
      const ours = new Database(file);
      ours.exec('DROP TABLE usage; CREATE TABLE usage (moment REAL)');
      ours.close();
    },
  ],
  [
    'that is empty beside its write-ahead log',
    (file) => {
      copyFileSync(join(FULL, 'history.db-wal'), `${file}-wal`);
      truncateSync(file, 0);
    },
  ],
];

describe('a history', () => {
  it.each(DAMAGES)(
    '%s is moved aside whole with a loud line, the daemon starts anew and only once',
    async (_what, damage) => {
      const folder = copy();
      damage(join(folder, 'history.db'));
      const bytes = readFileSync(join(folder, 'history.db'));
      const { app, lines } = await start(folder);
      expect(lines).toContainEqual({ level: 'error', message: MOVED });
      expect(app.daemon.latestDecision()).toBeUndefined();
      expect(app.daemon.notReadyBecause()).toEqual([]);
      const decision = await app.daemon.runPass('request');
      await app.stop();

      const again = await start(folder);
      expect(again.app.daemon.latestDecision()?.id).toBe(decision.id);
      expect(again.lines.filter(({ level }) => level !== 'info')).toEqual([]);
      await again.app.stop();
      const names = readdirSync(folder);
      const aside = names.filter((name) => /^history\.corrupt-\d{8}T\d{6}Z\.db$/.test(name));
      expect(aside).toHaveLength(1);
      expect(readFileSync(join(folder, aside[0]!)).equals(bytes)).toBe(true);
      expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    },
  );

  it('that is an empty file is begun anew, and said', async () => {
    const folder = copy();
    truncateSync(join(folder, 'history.db'), 0);
    const { app, lines } = await start(folder);
    expect(lines).toContainEqual({ level: 'warn', message: 'the history is an empty file: starting anew' });
    await app.stop();
    expect(readdirSync(folder).sort()).toEqual(['history.db', 'notes.txt']);
  });

  it.each([
    ['garbage', (file: string) => writeFileSync(file, Buffer.alloc(50_000, 7))],
    ['flipped in its header', (file: string) => flip(file, 0, 32, 1)],
    ['flipped in its middle', (file: string) => flip(file, 20_000, 20_400, 3)],
    ['cut off', (file: string) => truncateSync(file, 20_001)],
  ])('whose write-ahead log is %s starts with what was written before the damage', async (_what, damage) => {
    const folder = copy(FULL);
    damage(join(folder, 'history.db-wal'));
    const { app } = await start(folder);
    expect(app.daemon.notReadyBecause()).toEqual([]);
    const decision = await app.daemon.runPass('request');
    await app.stop();
    const again = await start(folder);
    expect(again.app.daemon.latestDecision()?.id).toBe(decision.id);
    await again.app.stop();
  });

  it('with a decision, a window, a capacity and a profile that cannot be read gives all the others', async () => {
    const folder = copy();
    const ours = new Database(join(folder, 'history.db'));
    const count = numberAt(ours.prepare('SELECT count(*) FROM decisions').raw().get([]), 0);
    ours.exec(`
      UPDATE decisions SET body = x'00ff00ff' WHERE number = (SELECT min(number) FROM decisions);
      UPDATE steps SET chain = CAST(x'ff41fe' AS TEXT) WHERE start = (SELECT min(start) FROM steps) AND chain LIKE 'o%';
      UPDATE windows SET payload = 'text' WHERE start = (SELECT min(start) FROM windows);
      INSERT INTO capacities (service, since, cpu, memory, instances, source) VALUES ('payment-service', 5, 1, 1, 1, 'dream');
      UPDATE states SET value = x'00' WHERE name LIKE 'profiles/%payment-service%';
    `);
    ours.close();
    const { app, lines } = await start(folder);
    expect(app.daemon.latestDecision()).toBeDefined();
    expect(app.daemon.history.loadDecisions({ limit: 100 })).toHaveLength(count - 1);
    expect(app.daemon.capacityInForce('auth-service')).toMatchObject({ cpu: 2, source: 'applied' });
    expect(app.daemon.profiles.getLoadLatencyProfile('auth-service')).not.toEqual([]);
    const said = lines.map(({ message }) => message);
    expect(said.filter((message) => message.startsWith('rows of the history'))).toHaveLength(3);
    expect(said).toContain('some of the stored profiles cannot be used; they are learned anew');
    await app.stop();
  });

  it('that is found damaged while running is moved aside, and the last decision, capacities and pause are in the new one', async () => {
    const folder = copy();
    const { app, lines } = await start(folder);
    app.start();
    const known = app.daemon.latestDecision();
    app.daemon.operator.pause('deploy of 2.1');
    // Every page but the first, of which SQLite has read only some.
    flip(join(folder, 'history.db'), 4096, Number.POSITIVE_INFINITY, 64);
    await app.daemon.runPass('request').catch(() => undefined);
    const reading = () => app.daemon.history.loadDecisions({ limit: 1000 });
    for (let turn = 0; turn < 40 && !lines.some(({ message }) => message === MOVED); turn += 1) {
      reading();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(lines).toContainEqual({ level: 'error', message: MOVED });
    expect(app.daemon.notReadyBecause()).toEqual([]);
    const latest = app.daemon.latestDecision();
    expect(latest?.id).not.toBe(known?.id);
    await app.stop();
    const again = await start(folder);
    expect(again.app.daemon.latestDecision()?.id).toBe(latest?.id);
    expect(again.app.daemon.capacityInForce('auth-service')).toMatchObject({ cpu: 2, source: 'applied' });
    expect(again.app.daemon.operator.state.paused?.reason).toBe('deploy of 2.1');
    await again.app.stop();
  });

  it('with bytes flipped anywhere never keeps the daemon from starting, deciding and starting again', async () => {
    const random = seededRandom(11);
    const bytes = readFileSync(join(`${FULL}-closed`, 'history.db'));
    for (let trial = 0; trial < 30; trial += 1) {
      const folder = copy();
      const damaged = Buffer.from(bytes);
      for (let flips = 1 + Math.floor(random() * 20); flips > 0; flips -= 1)
        damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
      writeFileSync(join(folder, 'history.db'), damaged);
      for (let restart = 0; restart < 2; restart += 1) {
        const { app } = await start(folder);
        await app.daemon.runPass('request');
        expect(app.daemon.notReadyBecause()).toEqual([]);
        await app.stop();
      }
    }
  });
});
