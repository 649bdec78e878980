import { ALL_TIME, EXACT, type Period, type Season } from './board.ts';

/**
 * The season an instant belongs to, or null outside an EXACT period. Calendar days are those of the time zone's clocks on the wall, so a
 * day may have 23 or 25 hours. Season ids: `2026-02-01`, `2026-W05` (ISO week), `2026-02`, `all`, `exact`.
 */
export function seasonAt(period: Period, atMs: number): Season | null {
  switch (period.kind) {
    case 'ALL_TIME':
      return { id: ALL_TIME, startsAtMs: 0, endsAtMs: null };
    case 'EXACT':
      return atMs >= period.startsAtMs && atMs < period.endsAtMs
        ? { id: EXACT, startsAtMs: period.startsAtMs, endsAtMs: period.endsAtMs }
        : null;
    case 'DAY':
    case 'WEEK':
    case 'MONTH':
      return calendarSeason(period.kind, period.timeZone, atMs);
    default:
      return period satisfies never;
  }
}

/** True for a name the runtime's time zone data knows, e.g. `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** A calendar date without a zone, kept as the epoch milliseconds it would have in UTC. */
type WallDate = number;
const DAY_MS = 86_400_000;

function calendarSeason(kind: 'DAY' | 'WEEK' | 'MONTH', zone: string, atMs: number): Season {
  const today = Math.floor((atMs + offsetMs(zone, atMs)) / DAY_MS) * DAY_MS;
  const [first, next] = SPANS[kind](today);
  return { id: NAMES[kind](first), startsAtMs: startOfDay(zone, first), endsAtMs: startOfDay(zone, next) };
}

/** First day of the period around a day, and of the next one. */
const SPANS: Record<'DAY' | 'WEEK' | 'MONTH', (day: WallDate) => readonly [WallDate, WallDate]> = {
  DAY: (day) => [day, day + DAY_MS],
  WEEK: (day) => {
    const monday = day - isoWeekday(day) * DAY_MS;
    return [monday, monday + 7 * DAY_MS];
  },
  MONTH: (day) => {
    const date = new Date(day);
    return [Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)];
  },
};

const NAMES: Record<'DAY' | 'WEEK' | 'MONTH', (first: WallDate) => string> = {
  DAY: (first) => new Date(first).toISOString().slice(0, 10),
  // The ISO year of a week is the year of its Thursday.
  WEEK: (monday) => {
    const year = new Date(monday + 3 * DAY_MS).getUTCFullYear();
    const january4 = Date.UTC(year, 0, 4);
    const week = 1 + Math.round((monday - (january4 - isoWeekday(january4) * DAY_MS)) / (7 * DAY_MS));
    return `${year}-W${String(week).padStart(2, '0')}`;
  },
  MONTH: (first) => new Date(first).toISOString().slice(0, 7),
};

/** Monday is 0. */
const isoWeekday = (day: WallDate): number => (new Date(day).getUTCDay() + 6) % 7;

/**
 * The first instant of a day in a zone. Where the clocks jump over midnight the day begins at the jump; where midnight happens twice it
 * begins with the first one.
 */
function startOfDay(zone: string, day: WallDate): number {
  const before = offsetMs(zone, day - DAY_MS);
  const after = offsetMs(zone, day + DAY_MS);
  const early = day - before;
  if (before === after || offsetMs(zone, early) === before) return early;
  const late = day - after;
  return offsetMs(zone, late) === after ? late : early;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Local time minus UTC at an instant. */
function offsetMs(zone: string, atMs: number): number {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(atMs)) part[type] = value;
  const at = (name: string) => Number(part[name]);
  const local = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return local - Math.floor(atMs / 1000) * 1000;
}
