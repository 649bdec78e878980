import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRefusal } from '../../plugins/kernel/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type RedisServer, redisSuite, startRedis } from '../services/redis.ts';
import { type House, openHouse } from './house.ts';

for (const engine of [
  { name: 'memory', suite: postgresSuite(), withRedis: false },
  { name: 'Redis, from another process', suite: redisSuite(), withRedis: true },
]) {
  engine.suite(`live feeds over ${engine.name}`, () => {
    let postgres: PostgresServer;
    let redis: RedisServer | undefined;
    /** Scores come in here … */
    let house: House;
    /** … and subscribers sit here: the same house, or a second gateway on the same engines. */
    let watching: House;
    const stop = new AbortController();
    const { signal } = stop;
    beforeAll(async () => {
      postgres = await startPostgres();
      redis = engine.withRedis ? await startRedis() : undefined;
      const engines = { postgres: postgres.url, ...(redis === undefined ? {} : { redis: redis.url }) };
      house = await openHouse(engines);
      watching = engine.withRedis ? await openHouse(engines) : house;
    }, 60_000);
    afterAll(async () => {
      stop.abort();
      if (watching !== house) await watching.close();
      await house.close();
      await redis?.stop();
      await postgres.stop();
    });

    const score = async (userId: string, points: number, matchId?: string) => {
      const outcome = await house.service.recordScore({ boardId: 'default', userId, points, matchId: matchId ?? null }, { signal });
      expect(outcome).toMatchObject({ kind: 'recorded', applied: true });
    };
    const opened = async <T>(stream: Promise<AsyncIterable<T> | { readonly kind: string }>): Promise<AsyncIterator<T>> => {
      const live = await stream;
      if ('kind' in live && isRefusal(live)) throw new Error(live.message);
      return (live as AsyncIterable<T>)[Symbol.asyncIterator]();
    };
    /** The first event for which it is so. */
    const first = async <T>(events: AsyncIterator<T>, isIt: (event: T) => boolean): Promise<T> => {
      for (let count = 0; count < 100; count++) {
        const { value, done } = (await events.next()) as IteratorResult<T, undefined>;
        if (done === true) break;
        if (isIt(value)) return value;
      }
      throw new Error('the feed ended without it');
    };

    it('[LB-50] the top shows the board at once and then each change with who moved', async () => {
      const top = await opened(watching.service.watchTop({ boardId: 'default', first: 3, everyMs: 100 }, { signal }));
      expect(await first(top, () => true)).toMatchObject({ entries: [], changes: [] });
      await score('ada', 5);
      expect(await first(top, ({ entries }) => entries.length === 1)).toMatchObject({
        entries: [{ userId: 'ada', score: 5, rank: 1 }],
        changes: [{ userId: 'ada', from: null, to: 1 }],
      });
      await score('grace', 9);
      expect(await first(top, ({ entries }) => entries.length === 2)).toMatchObject({
        entries: [{ userId: 'grace' }, { userId: 'ada' }],
        changes: [
          { userId: 'grace', from: null, to: 1 },
          { userId: 'ada', from: 1, to: 2 },
        ],
      });
      await top.return?.();
    });

    it('[LB-51] a slow reader gets the newest top and none of those between', async () => {
      const top = await opened(watching.service.watchTop({ boardId: 'default', first: 3, everyMs: 100 }, { signal }));
      await first(top, () => true);
      for (let times = 0; times < 20; times++) await score('slow', 1);
      let events = 0;
      await first(top, ({ entries }) => {
        events += 1;
        return entries.some(({ userId, score: points }) => userId === 'slow' && points === 20);
      });
      expect(events).toBeLessThanOrEqual(3);
      await top.return?.();
    });

    it('[LB-52] a player hears of its own rank and of who has passed it', async () => {
      await score('me', 30);
      await score('rival', 25);
      const rank = await opened(watching.service.watchRank({ boardId: 'default', userId: 'me', everyMs: 100 }, { signal }));
      const overtaken = await opened(watching.service.watchOvertaken({ boardId: 'default', userId: 'me', everyMs: 100 }, { signal }));
      expect(await first(rank, ({ entry }) => entry?.score === 30)).toMatchObject({ entry: { rank: 1 }, before: null });
      const passed = first(overtaken, () => true);
      await score('rival', 10);
      expect(await first(rank, ({ entry }) => entry?.rank === 2)).toMatchObject({ entry: { score: 30 }, before: { rank: 1 } });
      expect(await passed).toMatchObject({ entry: { rank: 2 }, rankBefore: 1, by: ['rival'] });
      await rank.return?.();
      await overtaken.return?.();
    });

    it('[LB-53] applied scores go on behind a cursor without a gap or a repeat', async () => {
      const live = await opened(watching.service.watchApplied({ boardId: 'default', after: null }, { signal }));
      const sent = Array.from({ length: 12 }, (_, at) => `resume-${at}`);
      const early = live.next();
      for (const [at, matchId] of sent.entries()) await score(`p${at % 5}`, 1, matchId);
      const seen: string[] = [];
      let cursor = '';
      for (let step = await early; seen.length < 5; step = await live.next()) {
        if (step.done === true) throw new Error('the feed ended');
        seen.push(step.value.result.matchId);
        cursor = step.value.cursor;
        if (seen.length === 5) break;
      }
      await live.return?.();
      const resumed = await opened(watching.service.watchApplied({ boardId: 'default', after: cursor }, { signal }));
      while (seen.length < sent.length) {
        const step = await resumed.next();
        if (step.done === true) throw new Error('the feed ended');
        seen.push(step.value.result.matchId);
      }
      await resumed.return?.();
      expect(seen.toSorted()).toEqual(sent.toSorted());
    });

    it('[LB-53] a cursor of another board is refused', async () => {
      const after = 'bm8';
      expect(await watching.service.watchApplied({ boardId: 'default', after }, { signal })).toMatchObject({
        kind: 'invalid-argument',
        field: 'after',
      });
    });

    it('[LB-55] a subscriber who leaves while nothing happens is gone at once', async () => {
      for (const open of [
        () => watching.service.watchTop({ boardId: 'default', first: 3, everyMs: 100 }, { signal }),
        () => watching.service.watchSealed('default', { signal }),
        () => watching.service.watchApplied({ boardId: 'default', after: null }, { signal }),
      ]) {
        const events = await opened<unknown>(open());
        const waiting = [events.next(), events.next()];
        await events.return?.();
        expect((await Promise.all(waiting)).at(-1)).toEqual({ done: true, value: undefined });
      }
    });

    it('[LB-54] subscribers hear of a sealed season', async () => {
      await house.service.createBoard({ id: 'sprint', name: 'Sprint' });
      const sealed = await opened(watching.service.watchSealed('sprint', { signal }));
      const next = sealed.next();
      await house.service.recordMatch(
        { boardId: 'sprint', matchId: 's', results: [{ userId: 'ada', points: 1 }], waitForRank: true },
        { signal },
      );
      await house.service.sealSeason('sprint', null, { signal });
      expect(await next).toMatchObject({ value: { season: { id: 'all', players: 1 } } });
      await sealed.return?.();
    });
  });
}
