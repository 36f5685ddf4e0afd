/** `kill -9` at random moments under load: what was accepted, what is still there. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { type DaemonProcess, startDaemon } from '../../e2e/daemon-process.ts';
import { call, pause, textFile } from '../kit.ts';

export interface KillFigures {
  readonly kills: number;
  /** Records that were answered 202. */
  readonly accepted: number;
  /** Of these, gone after the restart. */
  readonly lost: number;
  /** Of the lost ones, the longest that one had been answered before the kill, ms. */
  readonly oldestLostMs: number;
  /** Of these, records that were answered longer before the kill than a flush interval and its lateness. */
  readonly lostBeyondInterval: number;
  /** Records that are counted more often than they were sent. */
  readonly countedTwice: number;
  /** Decisions that POST /allocations has answered. */
  readonly decisions: number;
  readonly decisionsLost: number;
  readonly restartsOver5s: number;
  readonly slowestRestartMs: number;
  /** Histories that `PRAGMA integrity_check` did not call ok, of those that the kills left. */
  readonly damagedHistories: number;
}

/** The flush interval, and how late a timer and a write may be on a busy machine, ms. */
const FLUSH_MS = 1000;
const LATENESS_MS = 500;
const CHAINS = Array.from({ length: 8 }, (_, index) => `chain-${index}`);

const CONFIG = `
services:
  shop: { chains: [${CHAINS}], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 }
slos: { ${CHAINS.map((chain) => `${chain}: 0.5`)} }
`;

interface Batch {
  readonly records: number;
  readonly answeredMs: number;
}

/** What one client has sent of its chain since the daemon was started. One request at a time: the last is open. */
class Sender {
  readonly chain: string;
  readonly #random: Random;
  answered: Batch[] = [];
  /** Records of the request that was not answered when the daemon was killed. */
  open = 0;

  constructor(chain: string, random: Random) {
    this.chain = chain;
    this.#random = random;
  }

  async sendUntilKilled(url: string): Promise<void> {
    this.answered = [];
    this.open = 0;
    for (;;) {
      this.open = 1 + Math.floor(this.#random() * 40);
      const requests = Array.from({ length: this.open }, () => ({
        chain_id: this.chain,
        response_time: 0.05,
      }));
      const status = await statusOrNone(url, '/requests', JSON.stringify({ requests }));
      if (status === undefined) return;
      if (status !== 202) throw new Error(`records were answered ${status}`);
      this.answered.push({ records: this.open, answeredMs: performance.now() });
      this.open = 0;
      await pause(this.#random() * 10);
    }
  }
}

async function statusOrNone(url: string, path: string, body: string): Promise<number | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}${path}`, { method: 'POST', body, headers })).status;
  } catch {
    return undefined;
  }
}

/** Ids of the decisions that were answered until the daemon was killed. */
async function decideUntilKilled(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    try {
      const { status, body } = await call(url, 'POST', '/allocations');
      if (status === 200) ids.push(body.decision_id);
      await pause(status === 200 ? 30 : 200);
    } catch {
      return ids;
    }
  }
}

export async function killsUnderLoad(kills: number, seed: number): Promise<KillFigures> {
  const root = mkdtempSync(join(tmpdir(), 'dta-slo-kills-'));
  const trial = new KillTrial(root, seededRandom(seed));
  for (let kill = 0; kill < kills; kill += 1) await trial.run();
  const figures = await trial.end();
  rmSync(root, { recursive: true, force: true });
  return figures;
}

class KillTrial {
  readonly #root: string;
  readonly #folder: string;
  readonly #random: Random;
  readonly #senders: readonly Sender[];
  /** Records of each chain that the daemon had counted when it was started. */
  #before = new Map<string, number>();
  #decisionIds: string[] = [];
  #daemon: DaemonProcess | undefined;
  #figures = {
    kills: 0,
    accepted: 0,
    lost: 0,
    oldestLostMs: 0,
    lostBeyondInterval: 0,
    countedTwice: 0,
    decisions: 0,
    decisionsLost: 0,
    restartsOver5s: 0,
    slowestRestartMs: 0,
    damagedHistories: 0,
  };

  constructor(root: string, random: Random) {
    this.#root = root;
    this.#folder = join(root, 'data');
    this.#random = random;
    this.#senders = CHAINS.map((chain, index) => new Sender(chain, seededRandom(index + 1)));
  }

  /** Lets the load run, kills the daemon at a random moment of it, starts it again and looks what is left. */
  async run(): Promise<void> {
    const daemon = this.#daemon ?? (await this.#start());
    const sending = this.#senders.map((sender) => sender.sendUntilKilled(daemon.url));
    const deciding = decideUntilKilled(daemon.url);
    await pause(this.#random() * 2500);
    const killedMs = performance.now();
    await daemon.end('SIGKILL');
    this.#decisionIds = await deciding;
    await Promise.all(sending);
    this.#figures.kills += 1;
    this.#checkIntegrity();
    this.#daemon = await this.#start();
    await this.#compare(this.#daemon, killedMs);
  }

  async end(): Promise<KillFigures> {
    await this.#daemon?.end('SIGTERM');
    return this.#figures;
  }

  async #start(): Promise<DaemonProcess> {
    const startedMs = performance.now();
    const daemon = await startDaemon(['--config', textFile(CONFIG), '--data', this.#folder]);
    const tookMs = Math.round(performance.now() - startedMs);
    this.#figures.slowestRestartMs = Math.max(this.#figures.slowestRestartMs, tookMs);
    if (tookMs > 5000) this.#figures.restartsOver5s += 1;
    return daemon;
  }

  async #compare({ url }: DaemonProcess, killedMs: number): Promise<void> {
    const { body } = await call(url, 'GET', '/chains?window=3600');
    for (const { id, end_to_end } of body.chains) this.#compareChain(id, end_to_end?.requests ?? 0, killedMs);
    const { body: history } = await call(url, 'GET', '/allocations/history?limit=100');
    const kept = new Set(history.decisions.map((decision: { decision_id: string }) => decision.decision_id));
    this.#figures.decisions += this.#decisionIds.length;
    this.#figures.decisionsLost += this.#decisionIds.filter((id) => !kept.has(id)).length;
  }

  #compareChain(chain: string, counted: number, killedMs: number): void {
    const { answered, open } = this.#senders.find((sender) => sender.chain === chain)!;
    const accepted = answered.reduce((sum, { records }) => sum + records, 0);
    const sent = counted - (this.#before.get(chain) ?? 0);
    this.#before.set(chain, counted);
    this.#figures.accepted += accepted;
    this.#figures.lost += Math.max(0, accepted - sent);
    this.#figures.countedTwice += Math.max(0, sent - accepted - open);
    this.#ageOfLost(answered, sent, killedMs);
  }

  /** Batches are counted in the order in which they were sent: what is missing is at the end. */
  #ageOfLost(answered: readonly Batch[], kept: number, killedMs: number): void {
    let sum = 0;
    for (const { records, answeredMs } of answered) {
      sum += records;
      if (sum <= kept) continue;
      const ageMs = Math.round(killedMs - answeredMs);
      this.#figures.oldestLostMs = Math.max(this.#figures.oldestLostMs, ageMs);
      if (ageMs > FLUSH_MS + LATENESS_MS) this.#figures.lostBeyondInterval += Math.min(records, sum - kept);
    }
  }

  /** Of a copy: opening it recovers the write-ahead log, which the daemon is to do itself. */
  #checkIntegrity(): void {
    const copy = join(this.#root, 'copy');
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    for (const name of ['history.db', 'history.db-wal']) {
      const from = join(this.#folder, name);
      if (existsSync(from)) copyFileSync(from, join(copy, name));
    }
    const database = new Database(join(copy, 'history.db'));
    const [said] = database.prepare('PRAGMA integrity_check').raw().all([]).flat();
    database.close();
    if (said !== 'ok') this.#figures.damagedHistories += 1;
  }
}
