/** Which freeze window is open at a moment, and until when. */
import type { ActiveFreeze } from '../../models/daemon.ts';
import type { FreezeWindow } from '../../models/settings.ts';
import { momentsOf, wallSeconds } from '../../models/zoned-time.ts';

const MINUTE = 60;
const DAY = 86_400;
/** More windows in a row are no freeze with an end. */
const MOST_IN_A_ROW = 500;

/**
 * The open window, undefined when there is none; of several one that holds growth too. Windows that follow each other
 * without a gap count as one: `untilSeconds` is when the last of them ends, absent where no end is in sight.
 */
export function freezeAt(windows: readonly FreezeWindow[], atSeconds: number): ActiveFreeze | undefined {
  const holding = windows.filter(({ growth }) => growth === 'hold');
  return openAt(holding, atSeconds) ?? openAt(windows, atSeconds);
}

function openAt(windows: readonly FreezeWindow[], atSeconds: number): ActiveFreeze | undefined {
  const window = windows.find((candidate) => endOf(candidate, atSeconds) !== undefined);
  if (window === undefined) return undefined;
  const { reason, growth, timezone } = window;
  const untilSeconds = lastEnd(windows, atSeconds);
  return { reason, growth, timezone, ...(untilSeconds !== undefined && { untilSeconds }) };
}

function lastEnd(windows: readonly FreezeWindow[], atSeconds: number): number | undefined {
  let end = atSeconds;
  for (let count = 0; count < MOST_IN_A_ROW; count += 1) {
    const ends = windows.flatMap((window) => endOf(window, end) ?? []);
    if (ends.length === 0) return end;
    end = Math.max(...ends);
  }
  return undefined;
}

/** When the window that is open then ends, Unix s; undefined when it is not open. */
function endOf(window: FreezeWindow, atSeconds: number): number | undefined {
  if (window.kind === 'once')
    return window.fromSeconds <= atSeconds && atSeconds < window.untilSeconds
      ? window.untilSeconds
      : undefined;
  const { timezone } = window;
  const midnight = Math.floor(wallSeconds(timezone, atSeconds) / DAY) * DAY;
  // One that goes over midnight belongs to the day on which it begins.
  const ends = [midnight - DAY, midnight].flatMap((day) => endOnDay(window, day, atSeconds) ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

type Weekly = Extract<FreezeWindow, { kind: 'weekly' }>;

/**
 * `midnight` on the zone's wall clock. Where clocks are set back or forth within the window it reaches from the first
 * moment that shows `from` to the last that shows `to`: it is rather longer than shorter.
 */
function endOnDay(
  { days, fromMinutes, toMinutes, timezone }: Weekly,
  midnight: number,
  atSeconds: number,
): number | undefined {
  // 1970-01-01 was a Thursday.
  const weekday = (((midnight / DAY + 4) % 7) + 7) % 7;
  if (!days.includes(weekday)) return undefined;
  const nextDay = toMinutes <= fromMinutes ? DAY : 0;
  const { first: start } = momentsOf(timezone, midnight + fromMinutes * MINUTE);
  const { last: end } = momentsOf(timezone, midnight + nextDay + toMinutes * MINUTE);
  return start <= atSeconds && atSeconds < end ? end : undefined;
}
