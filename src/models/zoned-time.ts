/** Wall clocks of time zones, from the IANA database that Node.js brings. */

const formats = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What the zone's clocks show then: seconds since 1970-01-01 00:00 on the same clock. */
export function wallSeconds(zone: string, atSeconds: number): number {
  return atSeconds + offsetSeconds(zone, atSeconds);
}

/**
 * The first and the last moment, Unix s, at which the zone's clocks show that time. They differ where clocks are set
 * back, and around a time that is skipped when they are set forth.
 */
export function momentsOf(zone: string, wall: number): { readonly first: number; readonly last: number } {
  const DAY = 86_400;
  const around = [wall - offsetSeconds(zone, wall - DAY), wall - offsetSeconds(zone, wall + DAY)];
  const exact = around.filter((at) => wallSeconds(zone, at) === wall);
  const moments = exact.length === 0 ? around : exact;
  return { first: Math.min(...moments), last: Math.max(...moments) };
}

/** "2027-01-04 06:00 Europe/Berlin". */
export function describeLocalTime(zone: string, atSeconds: number): string {
  const text = new Date(wallSeconds(zone, atSeconds) * 1000).toISOString();
  return `${text.slice(0, 16).replace('T', ' ')} ${zone}`;
}

/** How far the zone's clocks are ahead of UTC then, s. */
function offsetSeconds(zone: string, atSeconds: number): number {
  const whole = Math.floor(atSeconds);
  const parts = new Map(
    formatOf(zone)
      .formatToParts(whole * 1000)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN;
  const shown = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return shown / 1000 - whole;
}

/** Making one costs a thousand times what using it does. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, format);
  return format;
}
