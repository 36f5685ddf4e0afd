import { describe, expect, it } from 'vitest';
import { freezeAt } from '../../../src/control/guard/freeze-windows.ts';
import type { FreezeWindow } from '../../../src/models/settings.ts';

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

function at(moment: string): number {
  return Date.parse(moment) / 1000;
}

function weekly(days: readonly number[], from: string, to: string, changes: Partial<FreezeWindow> = {}) {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const window = { kind: 'weekly', days, fromMinutes: minutes(from), toMinutes: minutes(to) } as const;
  return { ...window, reason: 'r', growth: 'allow', timezone: 'UTC', ...changes } as FreezeWindow;
}

function once(from: string, until: string, changes: Partial<FreezeWindow> = {}): FreezeWindow {
  const window = { kind: 'once', fromSeconds: at(from), untilSeconds: at(until) } as const;
  return { ...window, reason: 'r', growth: 'allow', timezone: 'UTC', ...changes } as FreezeWindow;
}

/** The end as ISO text, `no end`, or `open` when nothing is frozen. */
function end(windows: readonly FreezeWindow[], moment: string): string {
  const freeze = freezeAt(windows, at(moment));
  if (freeze === undefined) return 'open';
  return freeze.untilSeconds === undefined
    ? 'no end'
    : new Date(freeze.untilSeconds * 1000).toISOString().slice(0, 16);
}

describe('a weekly window', () => {
  it('is closed until its first and from its last moment on, on its days alone', () => {
    const fridays = [weekly([5], '16:00', '18:30')];
    // 2027-01-15 is a Friday.
    expect(end(fridays, '2027-01-15T15:59:59.999Z')).toBe('open');
    expect(end(fridays, '2027-01-15T16:00:00Z')).toBe('2027-01-15T18:30');
    expect(end(fridays, '2027-01-15T18:29:59Z')).toBe('2027-01-15T18:30');
    expect(end(fridays, '2027-01-15T18:30:00Z')).toBe('open');
    expect(end(fridays, '2027-01-14T17:00:00Z')).toBe('open');
    expect(end(fridays, '2027-01-16T17:00:00Z')).toBe('open');
  });

  it('that goes over midnight belongs to the day on which it begins', () => {
    const nights = [weekly([6], '22:00', '06:00')];
    expect(end(nights, '2027-01-16T23:00:00Z')).toBe('2027-01-17T06:00');
    expect(end(nights, '2027-01-17T05:59:00Z')).toBe('2027-01-17T06:00');
    expect(end(nights, '2027-01-16T05:00:00Z')).toBe('open');
    expect(end(nights, '2027-01-17T23:00:00Z')).toBe('open');
  });

  it('means the clocks of its zone', () => {
    const tokyo = [weekly([1], '09:00', '17:00', { timezone: 'Asia/Tokyo' })];
    // Monday 09:00 in Tokyo is Monday 00:00 UTC.
    expect(end(tokyo, '2027-01-17T23:59:00Z')).toBe('open');
    expect(end(tokyo, '2027-01-18T00:00:00Z')).toBe('2027-01-18T08:00');
    const kathmandu = [weekly(EVERY_DAY, '00:00', '01:00', { timezone: 'Asia/Kathmandu' })];
    expect(end(kathmandu, '2027-01-17T18:15:00Z')).toBe('2027-01-17T19:15');
  });

  it('keeps to the wall clock over the changes of summer time', () => {
    const berlin = [weekly(EVERY_DAY, '08:00', '09:00', { timezone: 'Europe/Berlin' })];
    expect(end(berlin, '2027-03-27T07:30:00Z')).toBe('2027-03-27T08:00');
    expect(end(berlin, '2027-03-28T07:30:00Z')).toBe('open');
    expect(end(berlin, '2027-03-28T06:30:00Z')).toBe('2027-03-28T07:00');
    expect(end(berlin, '2027-10-31T07:30:00Z')).toBe('2027-10-31T08:00');
  });

  it('has no hole in the night in which an hour comes twice', () => {
    // 2027-10-31 in Berlin: 03:00 becomes 02:00 at 01:00 UTC. 02:30 comes at 00:30 and at 01:30 UTC.
    const berlin = [weekly(EVERY_DAY, '02:30', '02:45', { timezone: 'Europe/Berlin' })];
    expect(end(berlin, '2027-10-31T00:29:00Z')).toBe('open');
    for (const moment of ['00:30', '00:50', '01:10', '01:44'])
      expect(end(berlin, `2027-10-31T${moment}:00Z`), moment).toBe('2027-10-31T01:45');
    expect(end(berlin, '2027-10-31T01:45:00Z')).toBe('open');
  });

  it('is there in the night in which its hour does not come', () => {
    // 2027-03-28 in Berlin: 02:00 becomes 03:00 at 01:00 UTC; 02:15 and 02:45 never come.
    const berlin = [weekly(EVERY_DAY, '02:15', '02:45', { timezone: 'Europe/Berlin' })];
    expect(end(berlin, '2027-03-28T01:00:00Z')).toBe('2027-03-28T01:45');
    expect(end(berlin, '2027-03-28T02:00:00Z')).toBe('open');
  });

  it('ends with the windows that follow it without a gap', () => {
    const weekend = [
      weekly([5], '16:00', '24:00'),
      weekly([6, 0], '00:00', '24:00'),
      weekly([1], '00:00', '06:00'),
    ];
    expect(end(weekend, '2027-01-15T20:00:00Z')).toBe('2027-01-18T06:00');
    expect(end(weekend, '2027-01-18T06:00:00Z')).toBe('open');
    expect(end([weekly(EVERY_DAY, '00:00', '24:00')], '2027-01-15T20:00:00Z')).toBe('no end');
  });
});

describe('a window that opens once', () => {
  const christmas = once('2026-12-20T00:00:00Z', '2027-01-02T06:00:00Z');

  it('is open from its first moment to its last', () => {
    expect(end([christmas], '2026-12-19T23:59:59Z')).toBe('open');
    expect(end([christmas], '2026-12-20T00:00:00Z')).toBe('2027-01-02T06:00');
    expect(end([christmas], '2027-01-02T06:00:00Z')).toBe('open');
  });

  it('that holds growth is named before one that does not, with its own end', () => {
    const launch = once('2026-12-24T00:00:00Z', '2026-12-25T00:00:00Z', { growth: 'hold', reason: 'launch' });
    const freeze = freezeAt([christmas, launch], at('2026-12-24T12:00:00Z'));
    expect(freeze).toEqual({
      reason: 'launch',
      growth: 'hold',
      timezone: 'UTC',
      untilSeconds: at('2026-12-25T00:00:00Z'),
    });
    expect(end([christmas, launch], '2026-12-25T00:00:00Z')).toBe('2027-01-02T06:00');
  });
});

it('a window agrees with the wall clock at every quarter of an hour of a year without changed clocks', () => {
  const zone = 'America/Phoenix';
  const windows = [weekly([1, 3, 5], '21:15', '03:30', { timezone: zone })];
  const wall = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  for (let moment = at('2027-01-01T00:00:00Z'); moment < at('2028-01-01T00:00:00Z'); moment += 900) {
    const parts = new Map(wall.formatToParts(moment * 1000).map(({ type, value }) => [type, value]));
    const time = `${parts.get('hour')}:${parts.get('minute')}`;
    const day = parts.get('weekday') ?? '';
    const open =
      (['Mon', 'Wed', 'Fri'].includes(day) && time >= '21:15') ||
      (['Tue', 'Thu', 'Sat'].includes(day) && time < '03:30');
    if ((freezeAt(windows, moment) !== undefined) !== open) expect.fail(`${day} ${time}`);
  }
});
