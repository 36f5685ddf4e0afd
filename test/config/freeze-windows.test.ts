import { expect, test } from 'vitest';
import { base, problemsOfFile, settingsOf } from './sources.ts';

function windowsOf(text: string) {
  return settingsOf(base(`control:\n  freeze_windows:\n    - { ${text} }`)).control.freezeWindows;
}

function problemsIn(text: string): string[] {
  return problemsOfFile(base(`control:\n  freeze_windows:\n    - { ${text} }`));
}

const at = (moment: string) => Date.parse(moment) / 1000;

test('a weekly window has days, times of day and defaults', () => {
  expect(windowsOf('from: 18:00, to: 06:30')).toEqual([
    {
      kind: 'weekly',
      days: [0, 1, 2, 3, 4, 5, 6],
      fromMinutes: 1080,
      toMinutes: 390,
      timezone: 'UTC',
      reason: 'freeze window',
      growth: 'allow',
    },
  ]);
  expect(windowsOf('days: fri, from: 00:00, to: 24:00, growth: hold')).toMatchObject([
    { days: [5], fromMinutes: 0, toMinutes: 1440, growth: 'hold' },
  ]);
});

test.each([
  ['from: 2026-12-20, until: 2027-01-02T06:00', '2026-12-20T00:00:00Z', '2027-01-02T06:00:00Z'],
  [
    'from: 2026-12-20, until: 2027-01-02T06:00, timezone: Europe/Berlin',
    '2026-12-19T23:00:00Z',
    '2027-01-02T05:00:00Z',
  ],
  [
    'from: 2026-07-01T08:30:15Z, until: 2026-07-01T12:00:00+02:00, timezone: Asia/Tokyo',
    '2026-07-01T08:30:15Z',
    '2026-07-01T10:00:00Z',
  ],
])('a window that opens once has moments: %s', (text, from, until) => {
  expect(windowsOf(text)).toMatchObject([{ kind: 'once', fromSeconds: at(from), untilSeconds: at(until) }]);
});

const WINDOW = 'control.freeze_windows[0]';
const MOMENT = 'a moment such as 2026-12-20, 2026-12-20T18:00 (both of `timezone`) or 2026-12-20T18:00:00Z';

test.each([
  ['from: 18:00', `${WINDOW}: neither \`to\` nor \`until\` | \`to\`, for every week, or \`until\`, for once`],
  [
    'from: 18:00, to: 19:00, until: 2026-12-20',
    `${WINDOW}: both \`to\` and \`until\` | \`to\`, for every week, or \`until\`, for once`,
  ],
  [
    'from: 25:00, to: 06:00',
    `${WINDOW}.from: the text "25:00" | a time of day such as 18:00, from 00:00 to 23:59`,
  ],
  [
    'from: 24:00, to: 06:00',
    `${WINDOW}.from: the text "24:00" | a time of day such as 18:00, from 00:00 to 23:59`,
  ],
  [
    'from: 6pm, to: 06:00',
    `${WINDOW}.from: the text "6pm" | a time of day such as 18:00, from 00:00 to 23:59`,
  ],
  [
    'from: 18:00, to: 18:00',
    `${WINDOW}.to: the text "18:00" | a time of day such as 06:30, from 00:00 to 24:00, other than \`from\`; one before it is on the next day`,
  ],
  [
    'from: 18:00, to: 20:00, timezone: Europe/Berln',
    `${WINDOW}.timezone: the text "Europe/Berln" | a name of the IANA time zone database such as Europe/Berlin, or UTC`,
  ],
  ['from: 2026-02-30, until: 2026-03-02', `${WINDOW}.from: the text "2026-02-30" | ${MOMENT}`],
  ['from: 18:00, until: 2026-03-02', `${WINDOW}.from: the text "18:00" | ${MOMENT}`],
  [
    'from: 2026-03-02, until: 2026-03-02T00:00Z',
    `${WINDOW}.until: the text "2026-03-02T00:00Z" | a moment after from = "2026-03-02"`,
  ],
  ['from: 2026-03-02, until: 2026-03-03, days: mon', `${WINDOW}.days: days | none beside \`until\``],
  [
    'from: 18:00, to: 20:00, days: [friday]',
    `${WINDOW}.days[0]: the text "friday" | one of sun, mon, tue, wed, thu, fri, sat`,
  ],
  ['from: 18:00, to: 20:00, growth: stop', `${WINDOW}.growth: the text "stop" | one of allow, hold`],
  [
    'to: 20:00',
    `${WINDOW}.from: nothing | a time of day such as 18:00; with until a moment such as 2026-12-20T18:00`,
  ],
])('a window is refused with what is wrong: %s', (text, problem) => {
  expect(problemsIn(text)).toEqual([problem]);
});
