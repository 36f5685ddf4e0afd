/** What a person has set, and what the configuration says. */
import { type Static, Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ServiceMode } from '../../models/data-models.ts';
import { UnixSeconds } from '../schemas.ts';

export const Paused = Type.Union(
  [
    Type.Object({
      by: Type.String({
        description: 'operator (POST /resume takes it back) or configuration (control.paused).',
      }),
      since: Type.Union([UnixSeconds, Type.Null()]),
      reason: Type.String(),
    }),
    Type.Null(),
  ],
  { description: 'Null while not paused.' },
);
export type Paused = Static<typeof Paused>;

export const Frozen = Type.Union(
  [
    Type.Object({
      reason: Type.String(),
      growth: Type.String({ description: 'allow, or hold: nothing grows either.' }),
      until: Type.Union([UnixSeconds, Type.Null()], { description: 'Null where no end is in sight.' }),
    }),
    Type.Null(),
  ],
  { description: 'The freeze window that is open now (`control.freeze_windows`); null outside of them.' },
);
export type Frozen = Static<typeof Frozen>;

const MODE = 'recommend, rolling or in-place.';

export const ModeView = {
  mode: Type.String({ description: MODE }),
  mode_source: Type.String({
    description: 'configuration, or operator: set by POST /services/{service}/mode.',
  }),
  configured_mode: Type.String({ description: MODE }),
  effect: Type.String({ description: 'What that means at present.' }),
};

export const Saved = Type.Boolean({
  description:
    'Whether it is on disk: false while the history cannot be written. It is in force then, but a restart forgets it.',
});

/** Whether what was just set is on disk; while writes fail, everything waits in memory. */
export function isSaved({ history }: Daemon): boolean {
  return history.status.failure === undefined;
}

export function pausedView({ operator, settings }: Daemon): Paused {
  const { paused } = operator.state;
  if (paused !== undefined) return { by: 'operator', since: paused.sinceSeconds, reason: paused.reason };
  if (!settings.control.paused) return null;
  return { by: 'configuration', since: null, reason: 'control.paused is set' };
}

export function frozenView(daemon: Daemon): Frozen {
  const freeze = daemon.freeze();
  if (freeze === undefined) return null;
  return { reason: freeze.reason, growth: freeze.growth, until: freeze.untilSeconds ?? null };
}

export function modeView(daemon: Daemon, service: string) {
  const mode = daemon.settings.topology.services.get(service)?.mode ?? 'recommend';
  return {
    mode,
    mode_source: modeSource(daemon, service),
    configured_mode: daemon.operator.configured.topology.services.get(service)?.mode ?? mode,
    effect: effectOf(daemon, mode),
  };
}

export function modeSource({ operator }: Daemon, service: string): 'operator' | 'configuration' {
  return operator.state.modes.has(service) ? 'operator' : 'configuration';
}

const EFFECTS: Readonly<Record<ServiceMode, string>> = {
  recommend: 'Decisions are shown and stored; nothing is written.',
  rolling: 'Decisions of the next passes are rolled out.',
  'in-place': 'Decisions of the next passes resize the running instances.',
};

function effectOf({ operator, settings }: Daemon, mode: ServiceMode): string {
  if (mode === 'recommend') return EFFECTS[mode];
  if (operator.idleBecause !== undefined) return `Nothing is written: ${operator.idleBecause}.`;
  return settings.control.paused ? `Nothing is written while changes are paused.` : EFFECTS[mode];
}
