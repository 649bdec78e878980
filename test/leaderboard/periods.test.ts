import { describe, expect, it } from 'vitest';
import { isTimeZone, seasonAt } from '../../plugins/leaderboard/periods.ts';

const at = (text: string) => Date.parse(text);
const seen = (kind: 'DAY' | 'WEEK' | 'MONTH', timeZone: string, instant: string) => {
  const season = seasonAt({ kind, timeZone }, at(instant));
  return season && [season.id, new Date(season.startsAtMs).toISOString(), new Date(season.endsAtMs ?? 0).toISOString()];
};

describe('seasons of calendar periods', () => {
  it.each([
    // Berlin: clocks go forward on 2026-03-29, back on 2026-10-25.
    ['DAY', 'Europe/Berlin', '2026-03-29T12:00:00Z', ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']],
    ['DAY', 'Europe/Berlin', '2026-10-25T12:00:00Z', ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']],
    ['MONTH', 'Europe/Berlin', '2026-03-31T21:59:59.999Z', ['2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']],
    ['MONTH', 'Europe/Berlin', '2026-03-31T22:00:00Z', ['2026-04', '2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z']],
    ['WEEK', 'UTC', '2027-01-03T23:59:59.999Z', ['2026-W53', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z']],
    ['WEEK', 'UTC', '2027-01-04T00:00:00Z', ['2027-W01', '2027-01-04T00:00:00.000Z', '2027-01-11T00:00:00.000Z']],
    // Midnight does not exist: the clocks jump from 24:00 to 01:00.
    ['DAY', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', ['2018-11-04', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z']],
    // 23:00 happens twice on the evening before.
    ['DAY', 'America/Sao_Paulo', '2018-02-18T12:00:00Z', ['2018-02-18', '2018-02-18T03:00:00.000Z', '2018-02-19T03:00:00.000Z']],
    // Midnight happens twice: the day begins with the first.
    ['DAY', 'America/Havana', '2026-11-01T12:00:00Z', ['2026-11-01', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z']],
    ['DAY', 'Asia/Kathmandu', '2026-01-31T18:15:00Z', ['2026-02-01', '2026-01-31T18:15:00.000Z', '2026-02-01T18:15:00.000Z']],
  ] as const)('[LB-10] %s in %s at %s', (kind, zone, instant, expected) => {
    expect(seen(kind, zone, instant)).toEqual(expected);
  });

  it('[LB-10] every instant of a year lies in exactly the season that holds it, and seasons meet without a gap', () => {
    for (const timeZone of ['Europe/Berlin', 'America/Havana', 'Australia/Lord_Howe', 'America/New_York', 'UTC']) {
      for (const kind of ['DAY', 'WEEK', 'MONTH'] as const) {
        let season = seasonAt({ kind, timeZone }, at('2026-01-15T00:00:00Z'));
        while (season !== null && season.endsAtMs !== null && season.endsAtMs < at('2027-01-15T00:00:00Z')) {
          const last = seasonAt({ kind, timeZone }, season.endsAtMs - 1);
          const next = seasonAt({ kind, timeZone }, season.endsAtMs);
          expect(last).toEqual(season);
          expect(next?.startsAtMs).toBe(season.endsAtMs);
          expect(next?.id).not.toBe(season.id);
          season = next;
        }
      }
    }
  });

  it('[LB-11] an exact period holds its start and not its end', () => {
    const period = { kind: 'EXACT', startsAtMs: 1_000, endsAtMs: 2_000 } as const;
    expect(seasonAt(period, 999)).toBeNull();
    expect(seasonAt(period, 1_000)?.id).toBe('exact');
    expect(seasonAt(period, 1_999)?.id).toBe('exact');
    expect(seasonAt(period, 2_000)).toBeNull();
  });

  it('knows a time zone from a word', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    expect(isTimeZone('Europe/Nowhere')).toBe(false);
  });
});
