import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type House, openHouse } from './house.ts';

const FRIENDS = 25;

postgresSuite()('lists of friends', () => {
  let server: PostgresServer;
  let house: House;
  beforeAll(async () => {
    server = await startPostgres();
    house = await openHouse({ postgres: server.url });
    const fans = Array.from({ length: FRIENDS }, (_, i) => `fan-${String(i).padStart(2, '0')}`);
    await house.users.upsertProfiles(['ada', 'ben', ...fans].map((id) => ({ id, name: id })));
    for (const [i, fan] of fans.entries()) {
      // Three at a time became friends at the same instant.
      if (i % 3 === 0) house.clock.advance(10);
      await house.users.requestFriend({ userId: fan, otherId: 'ada' });
      await house.users.acceptFriend({ userId: 'ada', otherId: fan });
    }
  });
  afterAll(async () => {
    await house?.close();
    await server?.stop();
  });

  const page = async (first: number, after: string | null, userId = 'ada') => {
    const [answer] = await house.users.lists([{ userId, standing: 'friend', first, after }]);
    if (answer?.kind !== 'page') throw new Error(answer?.message);
    return answer;
  };
  const all = async (first: number) => {
    const ids: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { entries, hasMore } = await page(first, after);
      ids.push(...entries.map(({ userId }) => userId));
      after = entries.at(-1)?.cursor ?? null;
      more = hasMore;
    }
    return ids;
  };
  const newestFirst = async () => {
    const rows = await house.db.execute(sql`select other_id from users.bonds where user_id = 'ada' order by since_ms desc, other_id`);
    return (rows as unknown as { other_id: string }[]).map((row) => row.other_id);
  };

  it('[US-21] following the cursors shows every entry once, newest first, whatever the size of the page', async () => {
    const expected = await newestFirst();
    expect(expected).toHaveLength(FRIENDS);
    for (const first of [1, 2, 3, 7, 24, 25, 26, 100]) expect(await all(first)).toEqual(expected);
    expect(await page(10, null, 'ben')).toEqual({ kind: 'page', entries: [], hasMore: false });
  });

  it('[US-21] an entry that goes away between two pages moves nobody else', async () => {
    const expected = await newestFirst();
    const first = await page(10, null);
    const last = first.entries.at(-1);
    await house.users.removeFriend({ userId: 'ada', otherId: last?.userId ?? '' });
    const rest = await page(100, last?.cursor ?? null);
    expect(rest.entries.map(({ userId }) => userId)).toEqual(expected.slice(10));
    await house.users.requestFriend({ userId: 'ada', otherId: last?.userId ?? '' });
    await house.users.acceptFriend({ userId: last?.userId ?? '', otherId: 'ada' });
  });

  it('[US-21] a page size out of bounds and a cursor that was not handed out are refused', async () => {
    const cursor = (await page(1, null)).entries[0]?.cursor ?? '';
    const ask = async (first: number, after: string | null) =>
      (await house.users.lists([{ userId: 'ada', standing: 'friend', first, after }]))[0];
    for (const first of [0, -1, 101, 1.5, Number.NaN])
      expect(await ask(first, null)).toMatchObject({ kind: 'invalid-argument', field: 'first' });
    const wrong = [
      '',
      'x',
      `${cursor}=`,
      cursor.slice(1),
      Buffer.from('1e3.x').toString('base64url'),
      Buffer.from('1.a\u0000').toString('base64url'),
    ];
    for (const after of wrong) expect(await ask(1, after), after).toMatchObject({ kind: 'invalid-argument', field: 'after' });
  });

  it('[US-21] many lists are asked in one statement and answered in their order', async () => {
    house.counted();
    const answers = await house.users.lists([
      { userId: 'fan-03', standing: 'friend', first: 5, after: null },
      { userId: 'ada', standing: 'friend', first: 0, after: null },
      { userId: 'nobody', standing: 'friend', first: 5, after: null },
      { userId: 'a\u0000b', standing: 'friend', first: 5, after: null },
      { userId: 'ada', standing: 'blocked', first: 5, after: null },
      { userId: 'ada', standing: 'friend', first: 2, after: null },
    ]);
    expect(house.counted()).toEqual({ record: 1, cache: 0 });
    expect(answers.map((answer) => (answer.kind === 'page' ? answer.entries.map(({ userId }) => userId) : answer.field))).toEqual([
      ['ada'],
      'first',
      [],
      [],
      [],
      (await newestFirst()).slice(0, 2),
    ]);
  });

  it('[US-22] ids of friends come newest first in one statement, up to the limit', async () => {
    const expected = await newestFirst();
    house.counted();
    expect(await house.users.friendIds('ada', { limit: 5000 })).toEqual(expected);
    expect(house.counted()).toEqual({ record: 1, cache: 0 });
    expect(await house.users.friendIds('ada', { limit: 4 })).toEqual(expected.slice(0, 4));
    expect(await house.users.friendIds('a\u0000b', { limit: 4 })).toEqual([]);
    for (const limit of [0, 5001, 1.5]) await expect(house.users.friendIds('ada', { limit })).rejects.toThrow('limit');
    await expect(house.users.friendIds('ada', { limit: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
