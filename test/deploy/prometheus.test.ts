import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listeningSockets } from '../../src/utils/listening-sockets.ts';
import { type DaemonProcess, endLeftovers, startDaemon, temporaryFolder } from '../e2e/daemon-process.ts';
import { describeWith, prometheusReady } from '../prometheus-tools.ts';
import { dashboardQueries, ROOT, RULE_FILES, readText, rules } from './promql.ts';

const DEPLOY = join(ROOT, 'deploy/prometheus');
const folder = temporaryFolder();

let daemon: DaemonProcess;

/** A daemon with ten minutes of traffic, a refused record and a decision. */
beforeAll(async () => {
  daemon = await startDaemon(['--data', join(folder.path, 'data')]);
  const sample = execFileSync(process.execPath, ['--import', 'tsx', 'bench/sample-traffic.ts'], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  });
  const post = (path: string, body: string | undefined, type: string) =>
    fetch(daemon.url + path, { method: 'POST', ...(body && { body, headers: { 'content-type': type } }) });
  expect((await post('/requests', sample.toString(), 'application/x-ndjson')).status).toBe(202);
  expect((await post('/requests', '{"chain_id":"nope","response_time":1}', 'application/json')).status).toBe(
    400,
  );
  expect((await post('/allocations', undefined, '')).status).toBe(200);
});

afterAll(() => {
  endLeftovers();
  folder.remove();
});

describeWith('promtool', 'what promtool says', (promtool) => {
  const run = (args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: DEPLOY, input, encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };

  it('finds nothing wrong with the metrics of a running daemon', async () => {
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toContain('dta_slo_plan_cost');
    expect(run(['check', 'metrics'], metrics)).toEqual({ status: 0, said: '' });
  });

  it('takes the configuration and the rules', () => {
    expect(run(['check', 'config', 'prometheus.yml'])).toMatchObject({ status: 0 });
    expect(run(['check', 'rules', ...RULE_FILES.map((file) => join(ROOT, file))])).toMatchObject({
      status: 0,
    });
  });

  it('passes the unit tests of the rules', () => {
    const { status, said } = run(['test', 'rules', 'alerts.test.yml', 'recording.test.yml']);
    expect(said).not.toContain('FAILED');
    expect(status).toBe(0);
  });
});

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

describeWith('prometheus', 'a Prometheus that scrapes the daemon', (prometheus) => {
  let server: ChildProcess;
  let url: string;

  const ask = async (expr: string): Promise<Answer> => {
    const answer = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    return (await answer.json()) as Answer;
  };
  const series = async (expr: string) => (await ask(expr)).data?.result ?? [];
  const until = async (expr: string) => {
    for (let tries = 0; (await series(expr)).length === 0; tries += 1) {
      if (tries > 100) throw new Error(`no result of ${expr}`);
      await sleep(100);
    }
  };

  beforeAll(async () => {
    const home = join(folder.path, 'prometheus');
    writeConfiguration(home, new URL(daemon.url).host);
    server = spawn(
      prometheus,
      [
        `--config.file=${home}/prometheus.yml`,
        `--storage.tsdb.path=${home}/data`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: 'ignore' },
    );
    url = `http://127.0.0.1:${await portOf(home)}`;
    await prometheusReady(url);
    await until('chain:dta_slo_error_budget_burn_rate:avg3d');
    await until('count_over_time(dta_slo_build_info[1h]) >= 4');
  });
  afterAll(() => {
    server.kill('SIGKILL');
  });

  it('has the target up and every rule healthy', async () => {
    expect(await series('up{job="dta-slo"} == 1')).toHaveLength(1);
    const answer = await fetch(`${url}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string }[] }[] };
    };
    const all = data.groups.flatMap((group) => group.rules);
    expect(all.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(all).toHaveLength(rules().length);
  });

  it('raises no alert about a daemon that is well', async () => {
    expect(await series('ALERTS')).toEqual([]);
  });

  it('answers every query of the dashboard with what it is to show', async () => {
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(50);
    const answers = await Promise.all(
      queries.map(async (query) => ({ ...query, ...(await ask(query.expr)) })),
    );
    expect(answers.filter(({ error }) => error !== undefined)).toEqual([]);
    // A scrape that comes too late on a busy machine leaves nothing to show for a moment.
    for (const { expr } of queries.filter((query) => !isQuiet(query.expr))) await until(expr);
  });
});

/** Shown only when something went wrong or has come to an end, or of sources that are not used. */
function isQuiet(expr: string): boolean {
  return /> 0$|dta_slo_(source_|predictor_last_training)/.test(expr);
}

/** The shipped files, at the daemon's address and at a pace that a test can wait for. */
function writeConfiguration(home: string, target: string): void {
  mkdirSync(join(home, 'rules'), { recursive: true });
  const swift = (text: string) => text.replaceAll(/(_?interval): \w+/g, '$1: 500ms');
  const shipped = readText('deploy/prometheus/prometheus.yml');
  writeFileSync(join(home, 'prometheus.yml'), swift(shipped).replace('dta-slo:8000', target));
  for (const file of RULE_FILES)
    writeFileSync(join(home, 'rules', file.replace(/.*\//, '')), swift(readText(file)));
}

/** The home is in the command line of this Prometheus alone. */
async function portOf(home: string): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const [socket] = listeningSockets(home);
    if (socket !== undefined) return socket.port;
    await sleep(100);
  }
  throw new Error('Prometheus does not listen');
}
