/** What keeps changes back, and what is done with decisions. */
import { modeSource } from '../views/operator-view.ts';
import { type Family, sample } from './family.ts';

export const OPERATOR_FAMILIES: readonly Family[] = [
  {
    name: 'dta_slo_paused',
    help: '1 while changes are paused, by the operator or by the configuration, else 0.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, Number(daemon.settings.control.paused)),
  },
  {
    name: 'dta_slo_paused_timestamp_seconds',
    help: 'Unix time at which the operator paused changes; absent while they are not.',
    type: 'gauge',
    labels: [],
    samples: ({ daemon }) => sample({}, daemon.operator.state.paused?.sinceSeconds),
  },
  {
    name: 'dta_slo_frozen',
    help: '1 while a freeze window is open, else 0; growth says whether it allows or holds increases.',
    type: 'gauge',
    labels: ['growth'],
    samples: ({ daemon }) => {
      const growth = daemon.freeze()?.growth;
      return (['allow', 'hold'] as const).flatMap((each) =>
        sample({ growth: each }, Number(growth === each)),
      );
    },
  },
  {
    name: 'dta_slo_service_mode',
    help: '1 for the mode of each service; source says whether the configuration or the operator set it.',
    type: 'gauge',
    labels: ['service', 'mode', 'source'],
    samples: ({ daemon }) =>
      [...daemon.settings.topology.services.values()].flatMap(({ id, mode }) =>
        sample({ service: id, mode, source: modeSource(daemon, id) }, 1),
      ),
  },
];
