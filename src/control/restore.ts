import { messageOf } from '../models/errors.ts';
import type { NamedState } from '../models/ports.ts';
import { TARGETS_STATE } from './cluster/cluster-watch.ts';
import { parseStoredTargets } from './cluster/target-book.ts';
import { closedWindows } from './observe/closed-windows.ts';
import type { ControlParts } from './parts.ts';
import { LEARNED_UNTIL, PROFILES } from './recorder.ts';
import { NETWORK_STATE } from './training.ts';

const DECISIONS_TAKEN_BACK = 64;
const USAGE_SECONDS = 2 * 3600;

/** Takes back what the store remembers. What cannot be read is left out with a line in the log; the rest goes on. */
export async function restoreHistory(parts: ControlParts): Promise<void> {
  const { clock, logger, memory, settings, store } = parts;
  const now = clock.nowSeconds();
  const windows = parts.traffic.restore(store.loadWindows(now - settings.monitoring.windowSize));
  parts.capacities.restore(store.loadCapacities(now - settings.monitoring.windowSize));
  parts.capacities.goBackTo(now);
  parts.usage.restore(store.loadUsage(now - USAGE_SECONDS));
  parts.series.restore(store.loadSteps(now - settings.store.retention));
  memory.restore([...store.loadDecisions({ limit: DECISIONS_TAKEN_BACK })].reverse());
  restoreProfiles(parts);
  parts.changes.restore();
  restoreTargets(parts);
  judgePastWindows(parts, now);
  await restoreNetwork(parts);
  logger.info({ ...windows, decision: memory.latest?.id ?? null }, 'history taken back');
}

function restoreProfiles({ store, profiles, memory, logger }: ControlParts): void {
  const states = profiles.restore(withoutPrefix(store.loadStates(PROFILES)));
  if (states.skipped > 0)
    logger.warn(states, 'some of the stored profiles cannot be used; they are learned anew');
  const until = Number(Buffer.from(store.loadState(LEARNED_UNTIL) ?? []).toString());
  if (Number.isFinite(until)) memory.learnedUntil = until;
}

function restoreTargets({ store, targets, logger }: ControlParts): void {
  const saved = store.loadState(TARGETS_STATE);
  if (saved === undefined) return;
  try {
    targets.restore(parseStoredTargets(Buffer.from(saved).toString()));
  } catch (error) {
    logger.warn(
      { error: messageOf(error) },
      'what was known of the cluster cannot be read; it is learned anew',
    );
  }
}

function* withoutPrefix(states: Iterable<NamedState>): Iterable<NamedState> {
  for (const { name, value } of states) yield { name: name.slice(PROFILES.length), value };
}

/** The windows that were learned before the restart are judged once more for the share of violating ones. */
function judgePastWindows(parts: ControlParts, now: number): void {
  const { memory, settings, windows } = parts;
  for (const window of closedWindows(parts, now - settings.monitoring.windowSize, memory.learnedUntil)) {
    windows.judge(window, settings.topology, settings.monitoring.windowSize);
  }
}

async function restoreNetwork({ store, predictor, logger }: ControlParts): Promise<void> {
  const saved = store.loadState(NETWORK_STATE);
  if (saved === undefined) return;
  try {
    const outcome = await predictor.load(saved);
    if (outcome.kind === 'refused') logger.warn(outcome, 'the stored network is not used');
  } catch (error) {
    logger.warn({ error: messageOf(error) }, 'the stored network is not used');
  }
}
