/** The sections of the control loop and the history store. */
import { Type } from 'typebox';

const SECTION = { default: {}, additionalProperties: false };
const DAY = 86_400;

/** As JavaScript numbers them: 0 is Sunday. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const FreezeWindowSchema = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Type.Enum([...DAYS]), {
        minItems: 1,
        maxItems: 7,
        single: true,
        derived: 'every day',
        description: 'Days of the week on which it begins.',
      }),
    ),
    from: Type.String({
      allowed: 'a time of day such as 18:00; with until a moment such as 2026-12-20T18:00',
      description: 'When it begins.',
    }),
    to: Type.Optional(
      Type.String({
        derived: 'none',
        allowed: 'a time of day from 00:00 to 24:00',
        description: 'When it ends, every week; before `from`: on the next day.',
      }),
    ),
    until: Type.Optional(
      Type.String({
        derived: 'none',
        allowed: 'a moment such as 2027-01-02, 2027-01-02T06:00 or 2027-01-02T06:00:00Z',
        description: 'When it ends, once.',
      }),
    ),
    timezone: Type.String({
      default: 'UTC',
      allowed: 'a name such as Europe/Berlin',
      description:
        'Whose clocks are meant; when they are set back or forth the window is rather longer than shorter.',
    }),
    reason: Type.String({
      default: 'freeze window',
      minLength: 1,
      maxLength: 200,
      allowed: 'a text of 1 to 200 characters',
      description: 'Shown with each service that it holds.',
    }),
    growth: Type.Enum(['allow', 'hold'], {
      default: 'allow',
      description: '`hold`: nothing grows either, even while an SLO is missed.',
    }),
  },
  {
    additionalProperties: false,
    description:
      'A window is weekly (`from`, `to` and perhaps `days`) or opens once (`from`, `until`). Windows that follow each other without a gap count as one.',
  },
);

const InPlaceSchema = Type.Object(
  {
    interval: Type.Number({
      default: 15,
      unit: 's',
      minimum: 5,
      maximum: 60,
      description:
        'Time between two passes that change them; spikes that are due by a clock do not wait for it.',
    }),
    stabilization: Type.Number({
      default: 0,
      unit: 's',
      minimum: 0,
      maximum: 300,
      description: 'A decrease must have been wanted for this long.',
    }),
    min_decrease: Type.Number({
      default: 0.02,
      minimum: 0,
      maximum: 0.9,
      description: 'Decreases below this share are not made.',
    }),
  },
  {
    ...SECTION,
    description:
      'How services in mode `in-place` are steered: a change of them costs no restart and takes seconds.',
  },
);

export const ControlSchema = Type.Object(
  {
    interval: Type.Number({
      default: 300,
      unit: 's',
      minimum: 1,
      maximum: DAY,
      description: 'Time between passes.',
    }),
    min_interval: Type.Number({
      default: 30,
      unit: 's',
      minimum: 1,
      maximum: DAY,
      description: 'Least time between two passes, also when something calls for an early one.',
    }),
    assume_applied: Type.Boolean({
      default: false,
      description:
        'Takes the last recommendation for what runs. Set it only when something applies every recommendation.',
    }),
    burn_rate: Type.Number({
      default: 2,
      minimum: 0.1,
      maximum: 1000,
      description:
        'Early pass when a chain burns its error budget at this rate, or misses its percentile, over both 60 s and 300 s.',
    }),
    load_jump: Type.Number({
      default: 1.15,
      exclusiveMinimum: 1,
      maximum: 1000,
      description: "Early pass when a chain's rate exceeds the planned one by this factor.",
    }),
    warm_up: Type.Number({
      default: 120,
      unit: 's',
      minimum: 0,
      maximum: DAY,
      description: 'Nothing shrinks before this much traffic has been watched.',
    }),
    stale_after: Type.Number({
      default: 180,
      unit: 's',
      minimum: 1,
      maximum: DAY,
      description: 'A chain without a record for this long is stale: its services hold.',
    }),
    min_confidence: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 1,
      description: 'Confidence that a profile needs before its service may shrink on it.',
    }),
    max_error_ratio: Type.Number({
      default: 0.05,
      minimum: 0,
      maximum: 1,
      description: 'A service that fails a larger share of its requests is not shrunk.',
    }),
    min_decrease: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 0.9,
      description: "Decreases below this share are not made, neither of a service's cores nor of its memory.",
    }),
    stabilization: Type.Number({
      default: 300,
      unit: 's',
      minimum: 0,
      maximum: DAY,
      description: 'A decrease must have been wanted for this long.',
    }),
    in_place: InPlaceSchema,
    largest_step: Type.Number({
      default: 2,
      exclusiveMinimum: 1,
      maximum: 1000,
      description:
        'Most that one pass shrinks a service by (the square of it in place), and grows the services of a chain over its SLO beyond the plan by, as a factor.',
    }),
    change_budget: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Largest share of the services that shrink in one pass; at least one may.',
    }),
    max_total_cpu: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e6,
        unit: 'cores',
        derived: 'none',
        description:
          'Most cores that all services may have together. Where it does not suffice the SLOs are missed by as little as can be, weighted by their priority, and no growth goes beyond it.',
      }),
    ),
    max_total_memory: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e9,
        unit: 'MiB',
        derived: 'none',
        description: 'The same for memory.',
      }),
    ),
    paused: Type.Boolean({
      default: false,
      description: 'Watches and plans, but changes nothing.',
    }),
    freeze_windows: Type.Array(FreezeWindowSchema, {
      default: [],
      maxItems: 1000,
      description: 'Times in which nothing shrinks or changes its shape; see below.',
    }),
  },
  { ...SECTION, description: 'When passes run, and what the guard holds back.' },
);

export const StoreSchema = Type.Object(
  {
    path: Type.String({
      default: './data',
      minLength: 1,
      description: 'Folder of the history, relative to the working folder; it is created.',
    }),
    retention: Type.Number({
      default: 30 * DAY,
      unit: 's',
      minimum: 3600,
      maximum: 3650 * DAY,
      description: 'How long the history is kept.',
    }),
    flush_interval: Type.Number({
      default: 1,
      unit: 's',
      minimum: 0.1,
      maximum: 60,
      description: 'Time between two writes of what has arrived: the most that `kill -9` can lose.',
    }),
  },
  { ...SECTION, description: 'The history on disk (docs/history.md).' },
);
