import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** The classes as a program of one's own would use them: built, by the package's name, on plain Node.js. */
const PROGRAM = `
import { TrafficMonitor } from 'dta-slo/traffic-monitor';
import { TrafficPredictor } from 'dta-slo/traffic-predictor';
import { PerformanceImpactQuantifier } from 'dta-slo/performance-quantifier';
import { DynamicResourceAllocator } from 'dta-slo/resource-allocator';

const monitor = new TrafficMonitor({ samplingInterval: 1.0 });
const now = Date.now() / 1000;
for (let i = 0; i < 6000; i += 1) {
  monitor.recordRequest('auth-service', 'user-registration', 0.02 + 0.0001 * (i % 50), false, now - 600 + i / 10);
}
const predictor = new TrafficPredictor({ sequenceLength: 60, predictionHorizon: 10, featureDim: 3 });
const [forecast] = await predictor.predict([monitor.chainSeries('user-registration', now, 9)]);
const quantifier = new PerformanceImpactQuantifier();
for (const window of monitor.closedWindows(now - 600, now)) {
  for (const { chain, ratePerSecond, requests, errorRatio, latency } of window.services) {
    quantifier.updateProfile({
      service: 'auth-service', startSeconds: window.fromSeconds, lengthSeconds: 60,
      capacity: { cpu: 2, memory: 512, instances: 1, source: 'applied', sinceSeconds: 0 },
      pairs: [{ chain, ratePerSecond, requests, errorRatio,
                percentileSeconds: latency.quantile(0.95), meanSeconds: latency.meanSeconds }],
    });
  }
}
const impact = quantifier.analyzeImpact('auth-service', 'user-registration', 20);
const bounds = { minCpu: 0.1, maxCpu: 4, minMemory: 128, maxMemory: 8192, minInstances: 1, maxInstances: 10 };
const service = {
  id: 'auth-service', chains: ['user-registration'], ...bounds, parallelism: 4, mode: 'recommend', limits: 'follow',
  initial: { cpu: 2, memory: 512, instances: 1 },
};
const allocator = new DynamicResourceAllocator(monitor, predictor, quantifier);
const allocations = await allocator.optimizeResources({ 'auth-service': service }, { 'user-registration': 0.2 });
allocator.applyAllocations(allocations);
console.log(JSON.stringify({
  rate: monitor.getMetrics(300).services[0].ratePerSecond,
  forecast: forecast.kind, impact,
  profiles: quantifier.getLoadLatencyProfile('auth-service').length,
  allocation: allocations['auth-service'], current: allocator.getCurrentAllocation('auth-service'),
}));
await predictor.close();
`;

it('is a library too: the four classes work together on plain Node.js', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: ROOT,
  });
  const answer: unknown = JSON.parse(stdout);
  expect(answer).toMatchObject({
    forecast: 'forecast',
    impact: { kind: 'impact', expectedLatency: expect.any(Number), riskFactor: expect.any(Number) },
    profiles: 1,
    allocation: { cpu: expect.any(Number), memory: expect.any(Number), instances: expect.any(Number) },
  });
  expect(answer).toHaveProperty('rate', expect.closeTo(10, 0));
  expect(answer).toHaveProperty('current.cpu', (answer as { allocation: { cpu: number } }).allocation.cpu);
});
