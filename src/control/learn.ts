import type { TrafficMetrics } from '../models/metrics.ts';
import { closedWindows } from './observe/closed-windows.ts';
import { LATENESS_SECONDS, lateness } from './observe/lateness.ts';
import { type LearningWindows, learningWindows } from './observe/learning-windows.ts';
import { readMetrics } from './observe/read-metrics.ts';
import type { ControlParts } from './parts.ts';

const WINDOW_SECONDS = 60;

/** Takes every window that has closed since the last call into profiles, compositions, objectives and series. */
export function learn(parts: ControlParts, atSeconds: number): void {
  const { settings, traffic, memory, profiles } = parts;
  const until = atSeconds - lateness(settings);
  if (memory.learnedUntil > atSeconds) memory.learnedUntil = until; // the clock was set back
  const before = memory.learnedUntil;
  const since = Math.max(before, atSeconds - settings.monitoring.windowSize);
  for (const window of closedWindows(parts, since, until)) {
    learnFrom(parts, window);
    memory.learnedUntil = window.toSeconds;
  }
  parts.store.saveSteps(parts.series.advance(traffic, until));
  if (memory.learnedUntil !== before) profiles.refit(atSeconds);
}

/** Takes those windows once more that late records have changed, and the steps of the series that lie in them. */
export function learnAgain(parts: ControlParts, atSeconds: number): void {
  const { memory, profiles, series, store, traffic } = parts;
  const changed = memory.lateWindows.take(atSeconds);
  if (changed.length === 0) return;
  for (const { fromSeconds, toSeconds } of changed) {
    for (const window of closedWindows(parts, fromSeconds, toSeconds)) learnFrom(parts, window);
  }
  store.saveSteps(series.takeAgain(traffic, changed));
  profiles.refit(atSeconds);
}

/**
 * The first minute has no closed window yet. A service of which nothing is known learns from the minute that is still
 * running, so that it has a first curve at once; the whole minute takes its place when it has closed.
 */
export function learnProvisionally(parts: ControlParts, atSeconds: number): void {
  const unknown = [...parts.settings.topology.services.values()].filter(({ id, chains }) =>
    chains.every((chain) => parts.profiles.profile(id, chain).kind !== 'profile'),
  );
  if (unknown.length === 0) return;
  const names = new Set(unknown.map(({ id }) => id));
  const startSeconds = Math.floor((atSeconds - LATENESS_SECONDS) / WINDOW_SECONDS) * WINDOW_SECONDS;
  const until = Math.min(atSeconds, startSeconds + WINDOW_SECONDS);
  const metrics = readMetrics(parts, until - startSeconds, until);
  const services = metrics.services.filter(({ service }) => names.has(service ?? ''));
  if (services.length === 0) return;
  const windows = windowsOf(parts, { ...metrics, services, endToEnd: [] });
  takeIn(parts, { ...windows, services: windows.services.map((window) => ({ ...window, startSeconds })) });
  parts.profiles.refit(atSeconds);
}

function learnFrom(parts: ControlParts, window: TrafficMetrics): void {
  const { settings, windows } = parts;
  takeIn(parts, windowsOf(parts, window));
  windows.judge(window, settings.topology, settings.monitoring.windowSize);
}

function windowsOf(parts: ControlParts, metrics: TrafficMetrics): LearningWindows {
  return learningWindows(metrics, { ...parts, topology: parts.settings.topology });
}

function takeIn({ profiles }: ControlParts, { services, chains }: LearningWindows): void {
  for (const window of services) profiles.updateProfile(window);
  for (const window of chains) profiles.updateComposition(window);
}
