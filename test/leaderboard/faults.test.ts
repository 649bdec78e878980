import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type RedisServer, redisSuite, startRedis } from '../services/redis.ts';
import { hotDigest, matches, recordDigest, until } from './digest.ts';
import { type House, openHouse } from './house.ts';

const CHILD = fileURLToPath(new URL('./projecting-child.ts', import.meta.url));

/** Runs a child until it has acknowledged so many matches, then kills it without a word. Answers what it acknowledged. */
async function runAndKill(postgres: string, redis: string | undefined, seed: number, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [CHILD, postgres, redis ?? '-', String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill('SIGKILL');
  });
  const drained = new Promise((resolve) => lines.once('close', resolve));
  await Promise.all([gone, drained]);
  return acknowledged;
}

/** The record has the whole log, and the hot boards have the record. */
const caughtUp = async (house: House) => {
  const hot = house.service.work.find((work) => work.name === 'hot')?.status();
  const extents = await house.context.ports.scores.api.extents('scores');
  const ends = extents.reduce((sum, { last }) => sum + last, 0);
  const [row] = (await house.db.execute(sql`select sum(position)::float8 as total from leaderboard.checkpoints`)) as unknown as {
    total: number;
  }[];
  return hot?.lag === 0 && row?.total === ends;
};

for (const engine of [
  { name: 'Postgres and memory', suite: postgresSuite(), withRedis: false },
  { name: 'Postgres and Redis', suite: redisSuite(), withRedis: true },
]) {
  engine.suite(`killed while projecting on ${engine.name}`, () => {
    let postgres: PostgresServer;
    let redis: RedisServer | undefined;
    beforeAll(async () => {
      postgres = await startPostgres();
      redis = engine.withRedis ? await startRedis() : undefined;
    }, 60_000);
    afterAll(async () => {
      await redis?.stop();
      await postgres.stop();
    });

    it('[LB-40] five kills lose nothing acknowledged and count nothing twice', async () => {
      const acknowledged: string[] = [];
      for (let round = 1; round <= 5; round++) acknowledged.push(...(await runAndKill(postgres.url, redis?.url, round, 150 * round)));
      const house = await openHouse({ postgres: postgres.url, ...(redis === undefined ? {} : { redis: redis.url }) });
      try {
        await until('all is applied', () => caughtUp(house));
        const rows = (await house.db.execute(sql`select distinct match_id from leaderboard.results`)) as unknown as { match_id: string }[];
        const recorded = new Set(rows.map((row) => row.match_id));
        expect(acknowledged.length).toBeGreaterThanOrEqual(150 * 15);
        expect(acknowledged.filter((matchId) => !recorded.has(matchId))).toEqual([]);
        await until('the board equals the record', async () => (await hotDigest(house)) === (await recordDigest(house)));
      } finally {
        await house.close();
      }
    }, 120_000);
  });
}

redisSuite()('the hot store is lost', () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let house: House;
  beforeAll(async () => {
    postgres = await startPostgres();
    redis = await startRedis();
    house = await openHouse({ postgres: postgres.url, redis: redis.url });
  }, 60_000);
  afterAll(async () => {
    await house.close();
    await redis.stop();
    await postgres.stop();
  });
  const play = async (seed: number, count: number) => {
    const stream = matches(seed, 300);
    for (let batch = 0; batch < count / 20; batch++) {
      await Promise.all(Array.from({ length: 20 }, () => house.service.recordMatch(stream.next().value, { signal: house.signal })));
    }
  };

  it('[LB-41] FLUSHALL at rest: the board is built again and equals the one before', async () => {
    await play(1, 400);
    await until('all is applied', () => caughtUp(house));
    const before = await hotDigest(house);
    const client = new Redis(redis.url);
    await client.flushall();
    await until('the board is back', async () => (await hotDigest(house)) === before);
    client.disconnect();
  }, 60_000);

  it('[LB-41] FLUSHALL under load: the board ends as the record says', async () => {
    const client = new Redis(redis.url);
    const playing = play(2, 1_000);
    for (let wipe = 0; wipe < 5; wipe++) {
      await client.flushall();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await playing;
    client.disconnect();
    await until(
      'the board equals the record',
      async () => (await caughtUp(house)) && (await hotDigest(house)) === (await recordDigest(house)),
    );
  }, 60_000);

  it('[LB-41] Redis killed and empty again: the board is built again', async () => {
    await redis.kill9();
    await redis.restart();
    await until('the board equals the record', async () => (await hotDigest(house)) === (await recordDigest(house)));
  }, 60_000);

  it('[LB-42] memory and Redis give the same board from the same log', async () => {
    const other = await openHouse({ postgres: postgres.url });
    try {
      await until('memory has the board', async () => (await hotDigest(other)) === (await hotDigest(house)));
      expect(await hotDigest(other)).toBe(await recordDigest(house));
    } finally {
      await other.close();
    }
  }, 60_000);
});
