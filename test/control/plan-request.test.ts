import { describe, expect, it } from 'vitest';
import { TrafficPredictor } from '../../src/components/traffic-predictor/traffic-predictor.ts';
import { PassMemory } from '../../src/control/books/pass-memory.ts';
import { UsageBook } from '../../src/control/books/usage-book.ts';
import { TargetBook } from '../../src/control/cluster/target-book.ts';
import type { ControlParts } from '../../src/control/parts.ts';
import { leadSteps, planRequest } from '../../src/control/plan-request.ts';
import type { Forecast, ForecastOutcome } from '../../src/models/forecasts.ts';
import { seededRandom } from '../../src/utils/random.ts';
import { seriesOf } from '../components/traffic-predictor/series.ts';
import { forecastWith } from '../forecasts.ts';
import { decision } from '../store/samples.ts';
import { allocation, initialCapacities, NOW, observationOf, settingsWith } from './fixtures.ts';
import { partsOf } from './parts.ts';

const settings = settingsWith();
const parts: Pick<ControlParts, 'settings' | 'capacities' | 'usage' | 'memory' | 'targets'> = {
  settings,
  capacities: initialCapacities(settings),
  usage: new UsageBook(),
  memory: new PassMemory(),
  targets: new TargetBook(),
};

function forecastOf(maximum95: number, maximumOrigins = 100): ReadonlyMap<string, Forecast> {
  const forecast = forecastWith({ chain: 'order-processing', maximum95, maximumOrigins });
  return new Map([['order-processing', forecast]]);
}

describe('what is planned for', () => {
  const load = (forecasts: ReadonlyMap<string, ForecastOutcome>, changes = {}) =>
    planRequest(parts, observationOf(settings, changes), forecasts).loads.get('order-processing');

  it('lets a forecast raise the load that is there, and never lower it', () => {
    expect(load(forecastOf(25))).toBe(25);
    expect(load(forecastOf(5))).toBe(10);
  });

  it('does not hold capacity for a forecast that has not been tried often enough', () => {
    expect(load(forecastOf(25, 18))).toBe(10);
  });

  it('goes by a real predictor once 19 of its forecasts have come true, and stays near what there was', async () => {
    const random = seededRandom(7);
    const predictor = new TrafficPredictor();
    let foundedAfter: number | undefined;
    for (let step = 1; step <= 90; step += 1) {
      const [outcome] = await predictor.predict(
        [seriesOf('order-processing', [20 + 2 * random()], step * 60)],
        leadSteps(settings),
      );
      const planned = load(new Map([['order-processing', outcome!]]))!;
      const isFounded = outcome?.kind === 'forecast' && outcome.maximumOrigins >= 19;
      if (isFounded) foundedAfter ??= step;
      if (isFounded) expect(planned).toBe(outcome.maximum95);
      else expect(planned).toBe(10);
      if (step === 90) expect(planned).toBeGreaterThan(21.5);
      if (isFounded && step >= 60) expect(planned).toBeLessThan(26);
    }
    expect(foundedAfter).toBeGreaterThanOrEqual(19 + leadSteps(settings));
    expect(foundedAfter).toBeLessThanOrEqual(50);
  });

  it('knows no load of a chain that is not heard of, whatever the forecast', () => {
    expect(load(forecastOf(25), { load: undefined })).toBeUndefined();
  });

  it('looks ahead until the next pass has taken effect, at most as far as is forecast', () => {
    expect(leadSteps(settings)).toBe(6);
    expect(leadSteps(settingsWith({ interval: 3600 }))).toBe(settings.prediction.predictionHorizon);
    expect(leadSteps(settingsWith({ interval: 1 }))).toBe(2);
  });
});

describe('the memory that is planned for', () => {
  const PRESENT = 1024;

  /** One measurement a minute, the oldest `minutes` ago. */
  function planned(minutes: number, memoryAt: (minutesAgo: number) => number, endedSecondsAgo = 0) {
    const usage = new UsageBook();
    const capacities = initialCapacities(settings);
    capacities.note('auth-service', {
      ...allocation(1, 1, PRESENT),
      source: 'applied',
      sinceSeconds: NOW - 9000,
    });
    for (let ago = minutes; ago >= 0; ago -= 1) {
      const atSeconds = NOW - 60 * ago - endedSecondsAgo;
      usage.note({ service: 'auth-service', atSeconds, memory: memoryAt(ago) });
    }
    const request = planRequest({ ...parts, usage, capacities }, observationOf(settings), new Map());
    return request.workingSets.get('auth-service');
  }

  it('is less than there is only when it was measured for half an hour', () => {
    expect(planned(29, () => 300)).toBeUndefined();
    expect(planned(31, () => 300)).toBe(300);
  });

  it('is not less for any number of measurements in one second', () => {
    const usage = new UsageBook();
    for (let index = 0; index < 500; index += 1)
      usage.note({ service: 'auth-service', atSeconds: NOW - 10, memory: 100 });
    const { workingSets } = planRequest({ ...parts, usage }, observationOf(settings), new Map());
    expect(workingSets.size).toBe(0);
  });

  it('is more than there is at once', () => {
    expect(planned(0, () => 950)).toBe(950);
    expect(planned(60, (ago) => (ago === 0 ? 1500 : 300))).toBe(1500);
  });

  it('stays as it is when nothing was measured of late', () => {
    expect(planned(60, () => 300, settings.control.staleAfter + 30)).toBeUndefined();
  });

  it('stays as it was recommended last where we only recommend', () => {
    const { memory } = partsOf();
    memory.remember(decision('d1', NOW - 300, { 'auth-service': 'shrink' }));
    const request = planRequest({ ...parts, memory }, observationOf(settings), new Map());
    expect(request.capacities.get('auth-service')?.memory).toBe(512);
    expect(request.capacities.get('payment-service')?.memory).toBe(8192);
  });
});
