/** The configuration file. Defaults, validation and docs/configuration.md all come from this one schema. */
import { type Static, Type } from 'typebox';
import { ControlSchema, StoreSchema } from './schema-control.ts';
import { KubernetesSchema } from './schema-kubernetes.ts';
import { PrometheusSchema } from './schema-prometheus.ts';
import { AllocationSchema, MonitoringSchema, PredictionSchema, ServerSchema } from './schema-settings.ts';
import { ChainSchema, IdSchema, ServiceIdSchema, ServiceSchema, SloSchema } from './schema-topology.ts';

const byName = { default: {}, propertyNames: IdSchema };

export const ConfigFileSchema = Type.Object(
  {
    server: ServerSchema,
    monitoring: MonitoringSchema,
    prometheus: PrometheusSchema,
    prediction: PredictionSchema,
    allocation: AllocationSchema,
    control: ControlSchema,
    store: StoreSchema,
    kubernetes: KubernetesSchema,
    services: Type.Record(ServiceIdSchema, ServiceSchema, {
      default: {},
      propertyNames: ServiceIdSchema,
      description: 'The services, by name.',
    }),
    slos: Type.Record(IdSchema, SloSchema, {
      ...byName,
      description: 'The latency objective of each chain; a bare number is its `latency`.',
    }),
    chains: Type.Record(IdSchema, ChainSchema, {
      ...byName,
      description:
        'The way of a chain that is more than a line of services. Without an entry: the services that list the chain, in the order of the file, in sequence, one visit each.',
    }),
  },
  { additionalProperties: false },
);

/** A file that has been read: shorthands written out, defaults filled in, every value inside its range. */
export type ConfigFile = Static<typeof ConfigFileSchema>;
