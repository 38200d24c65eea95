// Dates as they are typed: by the hall's clock, not by the reader's.

const parts_of = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = parts_of.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    parts_of.set(zone, format);
  }
  return format;
}

/** The moment as the clock of the zone shows it, as if that were UTC. */
function shown(ms: number, zone: string): number {
  const of = new Map(
    partsFormat(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const at = (type: string) => of.get(type as Intl.DateTimeFormatPartTypes) ?? 0;
  return Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
}

/** "2026-12-24T19:30" by the clock of a zone; null: that is no date. Of an hour that comes twice, the first. */
export function msInZone(text: string, zone: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
  if (!match) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map(Number);
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  if (new Date(wanted).getUTCDate() !== day) return null;
  try {
    // The day before is on the other side of any change of clocks: its offset gives the earlier of two moments.
    const before = wanted - (shown(wanted - 86_400_000, zone) - (wanted - 86_400_000));
    if (shown(before, zone) === wanted) return before;
    const guess = wanted - (shown(wanted, zone) - wanted);
    return wanted - (shown(guess, zone) - guess);
  } catch {
    return null; // no zone that the browser knows
  }
}

/** What msInZone would read: for a field that shows a date. */
export function textInZone(ms: number, zone: string): string {
  try {
    return new Date(shown(ms, zone)).toISOString().slice(0, 16);
  } catch {
    return new Date(ms).toISOString().slice(0, 16);
  }
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'Asia/Seoul';
