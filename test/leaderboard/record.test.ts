import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type RedisServer, redisSuite, startRedis } from '../services/redis.ts';
import { type House, openHouse } from './house.ts';

const engines = [
  { name: 'Postgres and memory', suite: postgresSuite(), redis: false },
  { name: 'Postgres and Redis', suite: redisSuite(), redis: true },
];

for (const engine of engines) {
  engine.suite(`recording matches on ${engine.name}`, () => {
    let postgres: PostgresServer;
    let redis: RedisServer | undefined;
    let house: House;
    beforeAll(async () => {
      postgres = await startPostgres();
      redis = engine.redis ? await startRedis() : undefined;
      house = await openHouse({ postgres: postgres.url, ...(redis === undefined ? {} : { redis: redis.url }) });
    }, 60_000);
    afterAll(async () => {
      await house.close();
      await redis?.stop();
      await postgres.stop();
    });

    it('[LB-1] the answer that waits shows the new ranks', async () => {
      const outcome = await house.service.recordMatch(
        {
          matchId: 'm1',
          results: [
            { userId: 'ada', points: 3 },
            { userId: 'grace', points: 5 },
          ],
          waitForRank: true,
        },
        { signal: house.signal },
      );
      expect(outcome).toMatchObject({
        kind: 'recorded',
        applied: true,
        duplicate: false,
        results: [
          { userId: 'ada', entry: { rank: 2, score: 3 } },
          { userId: 'grace', entry: { rank: 1, score: 5 } },
        ],
      });
    });

    it('[LB-2] the same match again counts nothing again', async () => {
      const again = {
        matchId: 'm1',
        results: [
          { userId: 'ada', points: 3 },
          { userId: 'grace', points: 5 },
        ],
        waitForRank: true,
      };
      const outcome = await house.service.recordMatch(again, { signal: house.signal });
      expect(outcome).toMatchObject({ kind: 'recorded', duplicate: true, results: [{ entry: { score: 3 } }, { entry: { score: 5 } }] });
    });
  });
}
