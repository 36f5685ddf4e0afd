/** `control.freeze_windows`: what a window says, checked and brought into the form that the guard reads. */
import type { FreezeWindow } from '../models/settings.ts';
import { isTimeZone, momentsOf } from '../models/zoned-time.ts';
import type { Found } from './cross-checks.ts';
import { describeFound, quote } from './describe-value.ts';
import type { Readable } from './read.ts';
import type { ConfigFile } from './schema.ts';
import { DAYS } from './schema-control.ts';

type Window = ConfigFile['control']['freeze_windows'][number];

const TIME_OF_DAY = 'a time of day such as 18:00, from 00:00 to 23:59';
const END_OF_DAY =
  'a time of day such as 06:30, from 00:00 to 24:00, other than `from`; one before it is on the next day';
const MOMENT = 'a moment such as 2026-12-20, 2026-12-20T18:00 (both of `timezone`) or 2026-12-20T18:00:00Z';

export function freezeProblems(windows: Readable<readonly Window[]> = []): Found[] {
  return windows.flatMap((window, index) => windowProblems(`control.freeze_windows[${index}]`, window));
}

/** Of windows without problems. */
export function freezeWindow(window: Window): FreezeWindow {
  const { from, to, until, timezone, reason, growth, days = DAYS } = window;
  const common = { reason, growth, timezone };
  if (until !== undefined)
    return {
      kind: 'once',
      ...common,
      fromSeconds: momentOf(from, timezone) ?? Number.NaN,
      untilSeconds: momentOf(until, timezone) ?? Number.NaN,
    };
  return {
    kind: 'weekly',
    ...common,
    days: days.map((day) => DAYS.indexOf(day)),
    fromMinutes: minutesOf(from) ?? Number.NaN,
    toMinutes: minutesOf(to ?? '') ?? Number.NaN,
  };
}

function windowProblems(path: string, window: Readable<Window>): Found[] {
  const { from, to, until, timezone } = window;
  if (from === undefined) return [];
  if (timezone !== undefined && !isTimeZone(timezone)) {
    const allowed = 'a name of the IANA time zone database such as Europe/Berlin, or UTC';
    return [{ path: `${path}.timezone`, found: describeFound(timezone), allowed }];
  }
  if ((to === undefined) === (until === undefined)) {
    const found = to === undefined ? 'neither `to` nor `until`' : 'both `to` and `until`';
    return [{ path, found, allowed: '`to`, for every week, or `until`, for once' }];
  }
  return until === undefined ? weeklyProblems(path, window) : onceProblems(path, window);
}

function weeklyProblems(path: string, { from = '', to = '' }: Readable<Window>): Found[] {
  const start = minutesOf(from);
  const end = minutesOf(to);
  return [
    ...(start === undefined || start === END_MINUTES ? [bad(`${path}.from`, from, TIME_OF_DAY)] : []),
    ...(end === undefined || end === start ? [bad(`${path}.to`, to, END_OF_DAY)] : []),
  ];
}

function onceProblems(
  path: string,
  { from = '', until = '', timezone = 'UTC', days }: Readable<Window>,
): Found[] {
  const start = momentOf(from, timezone);
  const end = momentOf(until, timezone);
  const late = start !== undefined && end !== undefined && end <= start;
  return [
    ...(days === undefined ? [] : [{ path: `${path}.days`, found: 'days', allowed: 'none beside `until`' }]),
    ...(start === undefined ? [bad(`${path}.from`, from, MOMENT)] : []),
    ...(end === undefined ? [bad(`${path}.until`, until, MOMENT)] : []),
    ...(late ? [bad(`${path}.until`, until, `a moment after from = ${quote(from)}`)] : []),
  ];
}

function bad(path: string, found: string, allowed: string): Found {
  return { path, found: describeFound(found), allowed };
}

const END_MINUTES = 24 * 60;

function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= END_MINUTES ? total : undefined;
}

/** Unix s; a moment without an offset is one of the zone's wall clock. */
function momentOf(text: string, zone: string): number | undefined {
  const [, date, time = '00:00', seconds = ':00', offset] =
    /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  const wall = Date.parse(`${date}T${time}${seconds}Z`);
  // JavaScript takes February 30 for March 2, and 24:00 for the next day.
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(`${date}T${time}`)) return undefined;
  if (offset === undefined) return momentsOf(zone, wall / 1000).first;
  const moment = Date.parse(`${date}T${time}${seconds}${offset}`);
  return Number.isNaN(moment) ? undefined : moment / 1000;
}
