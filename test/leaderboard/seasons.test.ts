import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlacedEntry } from '../../plugins/leaderboard/view.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { matches, until } from './digest.ts';
import { type House, openHouse } from './house.ts';

postgresSuite()('seasons', () => {
  let postgres: PostgresServer;
  let house: House;
  beforeAll(async () => {
    postgres = await startPostgres();
    house = await openHouse({ postgres: postgres.url, options: { graceMs: 60_000 } });
    await house.service.createBoard({ id: 'daily', name: 'Daily', period: { kind: 'DAY', timeZone: 'Europe/Berlin' } });
  }, 60_000);
  afterAll(async () => {
    await house.close();
    await postgres.stop();
  });

  const record = (matchId: string, userId: string, points: number, occurredAtMs?: number) =>
    house.service.recordMatch(
      {
        boardId: 'daily',
        matchId,
        results: [{ userId, points }],
        waitForRank: true,
        ...(occurredAtMs === undefined ? {} : { occurredAtMs }),
      },
      { signal: house.signal },
    );
  const all = async (boardId: string, seasonId: string | null = null): Promise<readonly PlacedEntry[]> => {
    const at = await house.service.open(boardId, seasonId);
    if (at === null) throw new Error('no such season');
    const page = await house.service.page(at, { first: 500 });
    if (page.kind !== 'page') throw new Error(page.message);
    return page.edges.map(({ node }) => node);
  };

  it('[LB-12] an event goes to the season it happened in; after the grace the season is sealed with everybody’s rank', async () => {
    const today = (await house.service.open('daily'))?.season;
    const end = today?.endsAtMs ?? 0;
    await record('d1', 'ada', 5);
    await record('d2', 'grace', 7);
    house.clock.advance(end - house.clock.now() + 1_000);
    expect((await house.service.open('daily'))?.season.id).not.toBe(today?.id);
    expect(await record('d3', 'ada', 4, end - 1)).toMatchObject({ kind: 'recorded', season: { id: today?.id } });
    expect(await record('d4', 'ada', 1, end)).toMatchObject({ kind: 'recorded', results: [{ entry: { score: 1, rank: 1 } }] });
    const live = await all('daily', today?.id ?? '');
    house.clock.advance(120_000);
    expect(await record('d5', 'ada', 100, end - 1)).toMatchObject({ kind: 'closed', field: 'occurredAt' });
    await until('the season is sealed', async () => (await house.service.open('daily', today?.id ?? ''))?.season.sealedAtMs != null);
    expect(await all('daily', today?.id ?? '')).toEqual(live);
    expect(live.map(({ userId, score, rank }) => [rank, userId, score])).toEqual([
      [1, 'ada', 9],
      [2, 'grace', 7],
    ]);
    await until('its hot board is gone', async () => (await house.context.ports.boards.api.size([`g1.daily@${today?.id}#h0`]))[0] === 0);
  }, 30_000);

  it('[LB-13] results from the future are refused', async () => {
    expect(await record('f1', 'ada', 1, house.clock.now() + 10_000)).toMatchObject({ kind: 'invalid-argument', field: 'occurredAt' });
  });

  it('[LB-14] a replay of the log gives the same sealed season', async () => {
    await house.service.createBoard({ id: 'replay', name: 'Replay', ties: 'COMPETITION' });
    const stream = matches(7, 40);
    for (let count = 0; count < 60; count++) {
      const { matchId, results } = stream.next().value;
      // Half of the matches race with the seal: what comes before the marker counts, what comes after does not.
      const sent = house.service.recordMatch({ boardId: 'replay', matchId, results }, { signal: house.signal });
      if (count === 30) await house.service.sealSeason('replay', null, { signal: house.signal });
      if (count % 3 === 0) await sent;
    }
    await until('it is sealed', async () => (await house.service.open('replay'))?.season.sealedAtMs != null);
    const first = await all('replay');
    expect(first.length).toBeGreaterThan(10);
    // Throw away all that was made of the log, and make it again.
    await house.rest();
    for (const table of ['standings', 'results', 'seals', 'season_results', 'seasons'])
      await house.db.execute(sql.raw(`delete from leaderboard.${table}`));
    await house.db.execute(sql`update leaderboard.checkpoints set position = 0`);
    const again = await openHouse({ postgres: postgres.url, options: { graceMs: 60_000 } });
    try {
      await again.service.sealSeason('replay', null, { signal: again.signal });
      const at = await again.service.open('replay');
      await until('it is sealed again', async () => (await again.service.open('replay'))?.season.sealedAtMs != null);
      const page =
        at && (await again.service.page({ ...at, season: (await again.service.open('replay'))?.season ?? at.season }, { first: 500 }));
      expect(page?.kind === 'page' ? page.edges.map(({ node }) => node) : page).toEqual(first);
    } finally {
      await again.close();
    }
  }, 60_000);
});
