import { describe, expect, it } from 'vitest';
import { UsageBook } from '../../src/control/books/usage-book.ts';
import type { ControlParts } from '../../src/control/parts.ts';
import { leadSteps, planRequest } from '../../src/control/plan-request.ts';
import type { Forecast } from '../../src/models/forecasts.ts';
import { initialCapacities, NOW, observationOf, settingsWith } from './fixtures.ts';

const settings = settingsWith();
const parts: Pick<ControlParts, 'settings' | 'capacities' | 'usage'> = {
  settings,
  capacities: initialCapacities(settings),
  usage: new UsageBook(),
};

function forecastOf(maximum95: number, maximumOrigins = 100): ReadonlyMap<string, Forecast> {
  const forecast: Forecast = {
    kind: 'forecast',
    chain: 'order-processing',
    model: 'ewma',
    reason: 'it was the best',
    startSeconds: NOW,
    stepSeconds: 60,
    medians: [10],
    quantiles90: [11],
    quantiles95: [12],
    maximum95,
    leadSteps: 1,
    maximumOrigins,
    backtest: {},
  };
  return new Map([['order-processing', forecast]]);
}

describe('what is planned for', () => {
  const load = (forecasts: ReadonlyMap<string, Forecast>, changes = {}) =>
    planRequest(parts, observationOf(settings, changes), forecasts).loads.get('order-processing');

  it('lets a forecast raise the load that is there, and never lower it', () => {
    expect(load(forecastOf(25))).toBe(25);
    expect(load(forecastOf(5))).toBe(10);
  });

  it('does not hold capacity for a forecast that has not been tried often enough', () => {
    expect(load(forecastOf(25, 18))).toBe(10);
  });

  it('knows no load of a chain that is not heard of, whatever the forecast', () => {
    expect(load(forecastOf(25), { load: undefined })).toBeUndefined();
  });

  it('looks ahead until the next pass has taken effect, at most as far as is forecast', () => {
    expect(leadSteps(settings)).toBe(6);
    expect(leadSteps(settingsWith({ interval: 3600 }))).toBe(settings.prediction.predictionHorizon);
    expect(leadSteps(settingsWith({ interval: 1 }))).toBe(2);
  });

  it('plans memory for what was measured', () => {
    const usage = new UsageBook();
    for (const memory of [300, 310, 305])
      usage.note({ service: 'auth-service', atSeconds: NOW - 60, memory });
    const { workingSets } = planRequest({ ...parts, usage }, observationOf(settings), new Map());
    expect([...workingSets]).toEqual([['auth-service', 310]]);
  });
});
