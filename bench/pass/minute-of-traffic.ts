import type { Topology } from '../../src/models/data-models.ts';
import type { Clock, Random, TrafficIntake } from '../../src/models/ports.ts';

const RECORDS = 6;
const REQUESTS_PER_RECORD = 20;

export class ManualClock implements Clock {
  seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  nowSeconds(): number {
    return this.seconds;
  }

  sleep(): Promise<void> {
    return new Promise(() => {});
  }
}

/** Lets a minute pass with records of every visit and of every chain end to end; own times are exponential. */
export function minuteOfTraffic(
  intake: TrafficIntake,
  topology: Topology,
  clock: ManualClock,
  random: Random,
): void {
  for (let record = 0; record < RECORDS; record += 1) {
    clock.seconds += 60 / RECORDS;
    for (const { id, stages } of topology.chains.values()) {
      let endToEnd = 0;
      for (const { service } of stages.flat(2)) {
        const seconds = 0.003 - 0.01 * Math.log(1 - random());
        endToEnd += seconds;
        intake.recordRequest(service, id, seconds, false, clock.seconds - 1, REQUESTS_PER_RECORD);
      }
      intake.recordEndToEnd(id, endToEnd, false, clock.seconds - 1, REQUESTS_PER_RECORD);
    }
  }
}
