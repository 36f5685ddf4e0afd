import { describe, expect, it } from 'vitest';
import { ChainForecaster } from '../../../../src/components/traffic-predictor/mixture/chain-forecaster.ts';

describe('ChainForecaster', () => {
  it('says nothing before two known steps', () => {
    const forecaster = new ChainForecaster({ horizon: 10, stepSeconds: 60 });
    forecaster.advance(5);
    forecaster.advance(Number.NaN);
    expect(forecaster.forecast()).toBeUndefined();
    forecaster.advance(5);
    expect(forecaster.forecast()?.quantiles).toEqual(new Float64Array(40).fill(5));
  });
});
