import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import type { UsageSample } from '../../../src/models/metrics.ts';
import type { Clock } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { PrometheusSource } from '../../../src/sources/prometheus/prometheus-source.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import { settingsOf } from '../../config/sources.ts';

export const machineClock = systemClock();

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function keptLog() {
  const lines: LogLine[] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  const logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  return { lines, logger };
}

const BOUNDS = 'min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024';

/** A shop whose services are all read from Prometheus; `section` completes its section, `more` the file. */
export function shopSettings(section: string, more = ''): Settings {
  return settingsOf(`
monitoring: { source: prometheus, window_size: 600 }
prediction: { step: 2, sequence_length: 60 }
prometheus: { step: 2, window: 4, delay: 0.5, ${section} }
services:
  web: { chains: [buy, browse], ${BOUNDS} }
  db: { chains: [buy], ${BOUNDS} }
  night: { chains: [browse], ${BOUNDS} }
slos: { buy: 0.5, browse: 0.4 }
${more}`);
}

/** A monitor and a source that feeds it. */
export function fedBy(settings: Settings, clock: Clock = machineClock) {
  const { monitoring, prediction, prometheus, topology } = settings;
  const isFed = (service: string | undefined) =>
    service === undefined
      ? prometheus?.queries.endToEnd !== undefined
      : prometheus?.services.has(service) === true;
  const options = { ...monitoring, step: prediction.step, topology, clock, isFed };
  const monitor = new TrafficMonitor(options);
  const usage: UsageSample[] = [];
  const told = new Map<string, number>();
  const { lines, logger } = keptLog();
  const source = new PrometheusSource({
    settings: () => settings,
    clock,
    logger,
    random: seededRandom(1),
    traffic: monitor,
    recordUsage: (samples) => usage.push(...samples),
    latestUsageSeconds: (service) => usage.findLast((sample) => sample.service === service)?.atSeconds,
    instancesTold: (service) => told.get(service),
  });
  return { monitor, source, usage, lines, told };
}

export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
