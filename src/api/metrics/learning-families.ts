/** What was learned: forecasts, profiles, the network, and the build that learned it. */
import { type Family, type Sample, type Scrape, sample } from './family.ts';

function profileConfidence({ daemon }: Scrape): readonly Sample[] {
  return [...daemon.settings.topology.services.values()].flatMap((spec) =>
    spec.chains.flatMap((chain) => {
      const outcome = daemon.profiles.profile(spec.id, chain);
      if (outcome.kind !== 'profile') return sample({ service: spec.id, chain, source: 'none' }, 0);
      return sample({ service: spec.id, chain, source: outcome.source }, outcome.confidence);
    }),
  );
}

export const LEARNING_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_forecast_requests_per_second',
    help: 'Forecast of a chain that the latest pass used, with the model that had most weight: median of the first step, and the 0.95 quantile of the maximum until the next pass has taken effect.',
    type: 'gauge',
    labels: ['chain', 'model', 'value'],
    samples: ({ daemon }) =>
      [...daemon.forecasts().values()].flatMap((outcome) =>
        outcome.kind === 'forecast'
          ? [
              ...sample({ chain: outcome.chain, model: outcome.model, value: 'median' }, outcome.medians[0]),
              ...sample(
                { chain: outcome.chain, model: outcome.model, value: 'maximum95' },
                outcome.maximum95,
              ),
            ]
          : [],
      ),
  },
  {
    name: 'dta_slo_forecast_error_ratio',
    help: "Recent mean absolute error of a chain's forecasts (medians, all steps ahead alike) over its mean rate in the same steps; absent until forecasts have been scored.",
    type: 'gauge',
    labels: ['chain'],
    samples: ({ daemon }) =>
      [...daemon.forecasts().values()].flatMap((outcome) =>
        outcome.kind === 'forecast' ? sample({ chain: outcome.chain }, outcome.errorRatio) : [],
      ),
  },
  {
    name: 'dta_slo_profile_confidence_ratio',
    help: 'How sure the load-latency profile of a chain at a service is, 0 to 1; its source is prior, fitted or none.',
    type: 'gauge',
    labels: ['service', 'chain', 'source'],
    samples: profileConfidence,
  },
  {
    name: 'dta_slo_predictor_training',
    help: '1 while the network is being trained, else 0.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, Number(daemon.predictor.training)),
  },
  {
    name: 'dta_slo_predictor_last_training_timestamp_seconds',
    help: 'Unix time at which the latest training ended, by its outcome.',
    type: 'gauge',
    labels: ['outcome'],
    samples: ({ daemon }) => {
      const last = daemon.predictor.lastTraining;
      return last === undefined ? [] : sample({ outcome: last.kind }, last.atSeconds);
    },
  },
  {
    name: 'dta_slo_build_info',
    help: 'Always 1; the labels say what runs.',
    type: 'gauge',
    labels: ['version', 'node', 'backend'],
    samples: ({ daemon, version }) =>
      sample({ version, node: process.version, backend: daemon.predictor.backend }, 1),
  },
];
