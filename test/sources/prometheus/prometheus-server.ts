import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { prometheusReady } from '../../prometheus-tools.ts';

export interface ScrapeJob {
  readonly job: string;
  /** host:port */
  readonly targets: readonly string[];
}

export interface PrometheusOptions {
  readonly jobs?: readonly ScrapeJob[];
  /** What it is to have scraped before it starts: OpenMetrics with times, and promtool to make blocks of it. */
  readonly history?: { readonly openMetrics: string; readonly promtool: string };
  readonly scrapeSeconds?: number;
  /** Labels of the samples beat those of the job. */
  readonly honorLabels?: boolean;
  readonly flags?: readonly string[];
}

/** A real Prometheus on a free port of 127.0.0.1, with a folder of its own. */
export class PrometheusServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(
    program: string,
    { jobs = [], history, scrapeSeconds = 1, honorLabels = false, flags = [] }: PrometheusOptions,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'dta-slo-prometheus-'));
    if (history !== undefined) writeBlocks(folder, history);
    const config = {
      global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
      scrape_configs: jobs.map(({ job, targets }) => ({
        job_name: job,
        honor_labels: honorLabels,
        static_configs: [{ targets }],
      })),
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const child = spawn(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        ...flags,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const address = await listeningAddress(child);
    const server = new PrometheusServer(`http://${address}`, child, folder);
    await prometheusReady(server.url);
    return server;
  }

  async query(
    promql: string,
  ): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    const answer = (await response.json()) as { data: { result: [] } };
    return answer.data.result;
  }

  /** Resolves when every target of a job has so many samples; the first scrape comes five seconds after the start. */
  async untilScraped(job: string, samples: number): Promise<void> {
    for (let i = 0; i < 400; i++) {
      const [answer] = await this.query(`min(count_over_time(up{job="${job}"}[1m]))`);
      if (Number(answer?.value[1] ?? 0) >= samples) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${job} is not scraped`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function writeBlocks(
  folder: string,
  { openMetrics, promtool }: NonNullable<PrometheusOptions['history']>,
): void {
  const file = join(folder, 'history.txt');
  writeFileSync(file, openMetrics);
  const command = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(folder, 'data')];
  execFileSync(promtool, command, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function listeningAddress(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line);
      const found = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`Prometheus ended with ${code}:\n${lines.join('\n')}`)));
  });
}
