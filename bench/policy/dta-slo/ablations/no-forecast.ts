import type { Wrappers } from '../../../../src/app.ts';

const NOT_ENOUGH = { kind: 'not-enough-data', have: 0, need: 1 } as const;

/** Nobody foresees anything: plans follow the load of now, as they do before there is a forecast. */
export const noForecast: Wrappers = {
  predictor: (predictor) => ({
    predict: async (recent) => recent.map(({ chain }) => ({ ...NOT_ENOUGH, chain })),
    train: async () => NOT_ENOUGH,
    save: () => undefined,
    load: async () => ({ kind: 'refused', reason: 'there is no forecast' }),
    get status() {
      return predictor.status;
    },
    close: () => predictor.close(),
  }),
};
