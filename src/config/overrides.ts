/** What flags and environment variables set. A flag beats the environment, the environment beats the file. */
import { type Static, Type } from 'typebox';
import { StoreSchema } from './schema-control.ts';
import { KubernetesSchema } from './schema-kubernetes.ts';
import { ServerSchema } from './schema-settings.ts';

export const DEFAULT_FILE = 'config/config.yaml';

export const OverridesSchema = Type.Partial(
  Type.Object(
    {
      config: Type.String({
        minLength: 1,
        default: DEFAULT_FILE,
        description: 'The configuration file.',
      }),
      port: ServerSchema.properties.port,
      host: ServerSchema.properties.host,
      logLevel: ServerSchema.properties.log_level,
      dataFolder: StoreSchema.properties.path,
      kubeconfig: KubernetesSchema.properties.kubeconfig,
      token: Type.String({
        minLength: 1,
        secret: true,
        description: 'Token of operators, or several, one a line. Beside those of `server.auth.token_file`.',
      }),
      clockSpeed: Type.Number({
        default: 1,
        exclusiveMinimum: 0,
        maximum: 100_000,
        description: "Runs the daemon's clock this many times faster: for demos and replays.",
      }),
    },
    { additionalProperties: false },
  ),
);

/** What was set; absent keys were not. */
export type FlagValues = Static<typeof OverridesSchema>;

export interface Spelling {
  /** Absent where the command line, which every user of the machine sees, is no place for the value. */
  readonly flag?: string;
  readonly variable: string;
  /** Stands for the value in the help. */
  readonly argument: string;
  /** The key of the file that is overridden. */
  readonly key?: string;
}

export const SPELLINGS: Readonly<Record<keyof FlagValues, Spelling>> = {
  config: { flag: 'config', variable: 'DTA_SLO_CONFIG', argument: 'FILE' },
  port: { flag: 'port', variable: 'DTA_SLO_PORT', argument: 'N', key: 'server.port' },
  host: { flag: 'host', variable: 'DTA_SLO_HOST', argument: 'ADDRESS', key: 'server.host' },
  logLevel: { flag: 'log-level', variable: 'DTA_SLO_LOG_LEVEL', argument: 'LEVEL', key: 'server.log_level' },
  dataFolder: { flag: 'data', variable: 'DTA_SLO_STORE_PATH', argument: 'DIR', key: 'store.path' },
  kubeconfig: {
    flag: 'kubeconfig',
    variable: 'DTA_SLO_KUBECONFIG',
    argument: 'FILE',
    key: 'kubernetes.kubeconfig',
  },
  token: { variable: 'DTA_SLO_TOKEN', argument: 'TOKEN' },
  clockSpeed: { flag: 'clock-speed', variable: 'DTA_SLO_CLOCK_SPEED', argument: 'N' },
};

export const VARIABLE_PREFIX = 'DTA_SLO_';
