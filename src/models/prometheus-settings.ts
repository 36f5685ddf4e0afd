/** How observations are read from a server that speaks the HTTP API of Prometheus. */
import type { Secret } from './secret.ts';

export interface PrometheusSettings {
  /** Address below which `/api/v1/query_range` lies. */
  readonly url: string;
  /** PromQL by what it answers, variables filled in; what is absent is not asked for. */
  readonly queries: PrometheusQueries;
  readonly labels: PrometheusLabels;
  /** Seconds of one unit of the latency queries: 0.001 where they count milliseconds. */
  readonly latencyUnitSeconds: number;
  /** The services that are fed, by our id. */
  readonly services: ReadonlyMap<string, FedService>;
  /** Whole values of the chain label that stand for a chain, by our id; absent: the id itself. */
  readonly chains: ReadonlyMap<string, RegExp>;
  /** Time from one point to the next, s. */
  readonly step: number;
  /** Time that each point looks back over, s. */
  readonly window: number;
  /** How long a sample needs to arrive, s. */
  readonly delay: number;
  /** How far back the first refresh reaches, s. */
  readonly lookback: number;
  /** Longest wait for one answer, s. */
  readonly timeout: number;
  /** Largest answer that is read, bytes. */
  readonly maxAnswerBytes: number;
  /** What is done with an answer that carries warnings: some of the data may be missing. */
  readonly partialAnswers: 'refuse' | 'accept';
  readonly access: PrometheusAccess;
}

export interface PrometheusQueries {
  /** Requests/s by service and chain, failed ones included. */
  readonly requests?: string;
  readonly errors?: string;
  /** Latency histogram of the answered requests: buckets by `le`, or native. */
  readonly latency?: string;
  /** Seconds (in the unit of the histogram) of the answered requests per second. */
  readonly latencySum?: string;
  /** Samples within the window of the best scraped instance: fewer than usual mean a gap. */
  readonly samples?: string;
  readonly endToEnd?: string;
  readonly endToEndErrors?: string;
  /** Cores, by pod or by service. */
  readonly cpu?: string;
  /** Share of the CFS periods that were throttled. */
  readonly throttled?: string;
  /** Bytes. */
  readonly memory?: string;
}

export interface PrometheusLabels {
  readonly service: string;
  /** Absent: every service serves one chain. */
  readonly chain?: string;
  readonly pod: string;
}

export interface FedService {
  /** Whole values of the service label that stand for it. */
  readonly match: RegExp;
  /** Whole values of the chain label that stand for a chain at this service alone, by our id. */
  readonly chains: ReadonlyMap<string, RegExp>;
  /** Whole names of its pods. */
  readonly pods: RegExp;
  readonly namespace?: string;
  readonly container?: string;
}

/** Who we are to the server, and how it is known to be itself. Files are read again when they change. */
export interface PrometheusAccess {
  readonly headers: ReadonlyMap<string, Secret>;
  readonly tokenFile?: string;
  readonly basic?: { readonly username: string; readonly password: Secret | { readonly file: string } };
  readonly tls: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly serverName?: string;
    readonly insecure: boolean;
  };
}
