/** docs/metrics.md as the code has it. */
import type { Family } from '../../../src/api/metrics/family.ts';

const HEAD = `# Metrics

\`GET /metrics\` answers in the Prometheus text format. Units are base units: seconds, bytes, cores, ratios from 0 to 1. What is
not known is absent, never NaN and never a zero. Labels hold names of services and chains of the configuration; with
\`monitoring.unknown: learn\` at most 1,000 pairs of learned names are shown besides.

"The monitoring window" is \`monitoring.window_size\` (an hour by default). The \`allocation\` of a service is \`recommended\` by the
latest decision or \`in-force\`.

`;

const TAIL = `
Alerts and recording rules on these stand in \`deploy/prometheus/\`, a dashboard in \`deploy/grafana/\`; [operations.md](operations.md)
says what to do about each alert.
`;

export interface ProcessMetric {
  readonly name: string;
  readonly help: string;
}

export function metricsPage(families: readonly Family[], processMetrics: readonly ProcessMetric[]): string {
  const own = families.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
  );
  const process = processMetrics.map(({ name, help }) => `| \`${name}\` | ${help} |`);
  return `${HEAD}## Of the daemon

| metric | type | labels | what it says |
|---|---|---|---|
${own.join('\n')}
${TAIL}
## Of the process

From the metrics library, as other Node.js services have them; some exist on Linux only.

| metric | what it says |
|---|---|
${process.join('\n')}
`;
}
