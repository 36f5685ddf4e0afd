import type { TrafficMetrics } from '../models/metrics.ts';
import { learningWindows } from './observe/learning-windows.ts';
import { readMetrics } from './observe/observation.ts';
import { ownTimes } from './observe/own-times.ts';
import type { ControlParts } from './parts.ts';

/** A window is taken this long after its end, so that records under way still find it, s. */
const LATENESS_SECONDS = 5;

const PROVISIONAL_SECONDS = 60;

/** Takes every window that has closed since the last call into profiles, compositions, objectives and series. */
export function learn(parts: ControlParts, atSeconds: number): void {
  const { settings, traffic, memory, windows } = parts;
  const until = atSeconds - LATENESS_SECONDS;
  if (memory.learnedUntil > atSeconds) memory.learnedUntil = until; // the clock was set back
  const before = memory.learnedUntil;
  const since = Math.max(before, atSeconds - settings.monitoring.windowSize);
  for (const window of traffic.closedWindows(since, until)) {
    const metrics =
      settings.monitoring.latencyScope === 'total' ? ownTimes(window, settings.topology) : window;
    takeIn(parts, metrics);
    windows.judge(metrics, settings.topology, settings.monitoring.windowSize);
    memory.learnedUntil = window.toSeconds;
  }
  parts.store.saveSteps(parts.series.advance(traffic, until));
  if (memory.learnedUntil !== before) parts.profiles.refit(atSeconds);
}

/**
 * The first minute has no closed window yet. A service of which nothing is known learns from the minute that is still
 * running, so that it has a first curve at once.
 */
export function learnProvisionally(parts: ControlParts, atSeconds: number): void {
  const unknown = [...parts.settings.topology.services.values()].filter(({ id, chains }) =>
    chains.every((chain) => parts.profiles.profile(id, chain).kind !== 'profile'),
  );
  if (unknown.length === 0) return;
  const names = new Set(unknown.map(({ id }) => id));
  const metrics = readMetrics(parts, PROVISIONAL_SECONDS, atSeconds);
  const services = metrics.services.filter(({ service }) => names.has(service ?? ''));
  if (services.length === 0) return;
  takeIn(parts, { ...metrics, services, endToEnd: [] });
  parts.profiles.refit(atSeconds);
}

function takeIn(parts: ControlParts, metrics: TrafficMetrics): void {
  const { settings, profiles } = parts;
  const windows = learningWindows(metrics, { ...parts, topology: settings.topology });
  for (const window of windows.services) profiles.updateProfile(window);
  for (const window of windows.chains) profiles.updateComposition(window);
}
