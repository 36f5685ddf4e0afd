import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import type { CapacityPlanner } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { FakeClock, initialCapacities, settingsWith } from '../fixtures.ts';

/** Services of which all are resized in place, unless told otherwise. */
export function inPlaceSettings(control: Partial<Settings['control']> = {}): Settings {
  const settings = settingsWith(control);
  const services = [...settings.topology.services].map(
    ([id, service]) => [id, { ...service, mode: 'in-place' }] as const,
  );
  return { ...settings, topology: { ...settings.topology, services: new Map(services) } };
}

/** A real monitor on a clock of the test, with what observing reads from beside it. */
export function watched(settings: Settings = inPlaceSettings(), clock = new FakeClock()) {
  const { topology, monitoring, prediction } = settings;
  const traffic = new TrafficMonitor({ ...monitoring, step: prediction.step, topology, clock });
  return { settings, clock, traffic, capacities: initialCapacities(settings) };
}

/** A planner of which nothing is asked but shares of slow requests. */
export function planningShares(slowShares: CapacityPlanner['slowShares']): CapacityPlanner {
  const refuse = () => {
    throw new Error('nothing is planned here');
  };
  return { plan: refuse, tryPlan: refuse, evaluate: refuse, slowShares };
}
