const DAY_SECONDS = 86_400;
const SLOT_SECONDS = 60;
/** Outages that began within half an hour of each other are alike. */
const ALIKE_SECONDS = 1800;
/** Days that it takes to outvote that traffic goes on, and what the length of an outage says. */
const TRAFFIC_DAYS = 3;
const OUTAGE_DAYS = 0.5;
/** A byte holds eight days: today and the seven before. */
const PAST_DAYS = 7;

/**
 * When there was traffic, and when an outage, on each of the last seven days: a byte of days for each minute (or longer
 * step). The days that were like today up to now tell what is next: a service that opens at eight has opened on all of
 * those on which it closed last night, and one that has stopped at noon for the first time has none. 3 KB a series.
 */
export class OutageDays {
  readonly #stepsPerSlot: number;
  readonly #slots: number;
  /** By slot of the day, a bit for each day: something is known of it, and there was traffic. */
  readonly #known: Uint8Array;
  readonly #traffic: Uint8Array;
  readonly #alikeSlots: number;
  #step = -1;
  #lastOutage = Number.NEGATIVE_INFINITY;

  constructor(stepSeconds: number) {
    this.#stepsPerSlot = Math.max(1, Math.round(SLOT_SECONDS / stepSeconds));
    this.#slots = Math.max(1, Math.round(DAY_SECONDS / (this.#stepsPerSlot * stepSeconds)));
    this.#alikeSlots = Math.floor(ALIKE_SECONDS / (this.#stepsPerSlot * stepSeconds));
    this.#known = new Uint8Array(this.#slots);
    this.#traffic = new Uint8Array(this.#slots);
  }

  /** Takes what the next step was. A slot with traffic at any of its steps has traffic. */
  advance(state: 'traffic' | 'outage' | 'gap'): void {
    this.#step += 1;
    const slot = this.#slotAt(0);
    const [place, bit] = [slot % this.#slots, this.#bit(slot)];
    if (this.#step % this.#stepsPerSlot === 0) {
      this.#known[place]! &= ~bit;
      this.#traffic[place]! &= ~bit;
    }
    if (state === 'outage') this.#lastOutage = slot;
    if (state !== 'gap') this.#known[place]! |= bit;
    if (state === 'traffic') this.#traffic[place]! |= bit;
  }

  /**
   * The probability of traffic h steps ahead into `ahead[h − 1]`, and of traffic at any step up to there into
   * `within[h − 1]`: (w·p + days with traffic then) / (w + days), over the days like today. p, what one says without them,
   * is 1 when there is traffic now, and h/(r + h + 1) in an outage that has lasted r steps: Laplace's rule of succession,
   * by which it lasts h more with probability (r + 1)/(r + h + 1) (its chance to end with a step was as probably any).
   *
   * @param outageSteps r; 0 when there is traffic
   */
  chances(outageSteps: number, ahead: Float64Array, within: Float64Array): void {
    if (this.#slotAt(0) - this.#lastOutage > (PAST_DAYS + 1) * this.#slots) {
      ahead.fill(1);
      within.fill(1);
      return;
    }
    const weight = outageSteps === 0 ? TRAFFIC_DAYS : OUTAGE_DAYS;
    for (let h = 0; h < ahead.length; h++) ahead[h] = within[h] = weight * alone(outageSteps, h + 1);
    let days = weight;
    for (let day = 1; day <= PAST_DAYS; day++) {
      if (!this.#wasAlike(day, outageSteps)) continue;
      days += 1;
      this.#add(day, outageSteps, ahead, within);
    }
    for (let h = 0; h < ahead.length; h++) {
      ahead[h]! /= days;
      within[h]! /= days;
    }
  }

  /** What followed on that day; what is not known, a gap or still to come, is as probable as without any days. */
  #add(daysAgo: number, outageSteps: number, ahead: Float64Array, within: Float64Array): void {
    let any = 0;
    for (let h = 0; h < ahead.length; h++) {
      const slots = this.#slotAt(h + 1) - this.#slotAt(0);
      const known = slots <= daysAgo * this.#slots && this.#had(this.#known, daysAgo, slots);
      const traffic = known ? Number(this.#had(this.#traffic, daysAgo, slots)) : alone(outageSteps, h + 1);
      any = Math.max(any, traffic);
      ahead[h]! += traffic;
      within[h]! += any;
    }
  }

  /** Whether there was traffic now as well, or an outage now as well that began about when this one did. */
  #wasAlike(daysAgo: number, outageSteps: number): boolean {
    if (outageSteps === 0) return this.#had(this.#traffic, daysAgo, 0);
    if (!this.#had(this.#known, daysAgo, 0) || this.#had(this.#traffic, daysAgo, 0)) return false;
    const began = this.#slotAt(0) - this.#slotAt(-outageSteps);
    if (began >= this.#slots) return true;
    for (let i = 0; i <= this.#alikeSlots; i++) {
      if (this.#had(this.#traffic, daysAgo, -began - i)) return true;
    }
    return false;
  }

  #had(bits: Uint8Array, daysAgo: number, slotsAhead: number): boolean {
    const slot = this.#slotAt(0) + slotsAhead - daysAgo * this.#slots;
    return slot >= 0 && (bits[slot % this.#slots]! & this.#bit(slot)) !== 0;
  }

  #slotAt(ahead: number): number {
    return Math.floor((this.#step + ahead) / this.#stepsPerSlot);
  }

  #bit(slot: number): number {
    return 1 << (Math.floor(slot / this.#slots) % (PAST_DAYS + 1));
  }
}

function alone(outageSteps: number, ahead: number): number {
  return outageSteps === 0 ? 1 : ahead / (outageSteps + ahead + 1);
}
