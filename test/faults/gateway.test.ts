import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { demoToken } from '../../server/auth/development.ts';
import { type GatewayProcess, gatewayProcess } from '../services/gateway.ts';
import { postgresSuite, startPostgres } from '../services/postgres.ts';
import { redisSuite, startRedis, untilTrue } from '../services/redis.ts';
import { createGame, forMs, type Game, untilExact } from './game.ts';

const KILLS = 4;
const BETWEEN_MS = 900;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(env: Record<string, string> = {}): Promise<{ gateway: GatewayProcess; game: Game }> {
  const gateway = await gatewayProcess(env);
  closers.push(() => gateway.dispose());
  await gateway.start();
  const token = await demoToken({ mode: 'development', dataFolder: gateway.dataFolder, jwt: {} }, 'service');
  return { gateway, game: createGame(gateway.url, token) };
}

/** Plays while `fault` strikes again and again, then checks that the board is the sum of what was acknowledged. */
async function survive(game: Game, faultName: string, fault: () => Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const playing = game.play(over.signal);
  for (let kill = 0; kill < KILLS; kill++) {
    await forAWhile();
    await fault();
  }
  await forAWhile();
  over.abort();
  await playing;
  await game.settle();
  await untilExact(game);
  expect(game.tally.matches).toBeGreaterThan(50);
  const { matches, requests, duplicates } = game.tally;
  console.log(
    `${faultName}: ${KILLS} times; ${matches} matches acknowledged in ${requests} requests, ${duplicates} of them answered again; the board is exact`,
  );
}

/** True when the server of this pid file was there to be killed; false while it is being started again. */
function killed(pidFile: string): boolean {
  try {
    return process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGKILL');
  } catch {
    return false;
  }
}

const forAWhile = () => new Promise((resolve) => forMs(BETWEEN_MS).addEventListener('abort', resolve));

describe('nothing acknowledged is lost or counted twice', () => {
  it('when the gateway is killed under load, on embedded engines', async () => {
    const { gateway, game } = await start();
    await survive(game, 'SIGKILL of the gateway', async () => {
      await gateway.kill9();
      await gateway.start();
    });
  }, 120_000);

  it('when the embedded PostgreSQL is killed under load', async () => {
    const { gateway, game } = await start();
    await survive(game, 'SIGKILL of the embedded PostgreSQL', async () => {
      const pidFile = join(gateway.dataFolder, 'postgres', 'cluster', 'postmaster.pid');
      await untilTrue('the embedded server runs', () => killed(pidFile));
    });
  }, 120_000);
});

redisSuite()('with Redis', () => {
  it('nothing is lost when a Redis that keeps nothing is killed and comes back empty', async () => {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const { game } = await start({ REDIS_URL: redis.url });
    await survive(game, 'SIGKILL of Redis', async () => {
      await redis.kill9();
      await redis.restart();
    });
  }, 120_000);
});

postgresSuite()('with a PostgreSQL server', () => {
  it('nothing is lost when it is killed and recovers', async () => {
    const postgres = await startPostgres();
    closers.push(() => postgres.stop());
    const { game } = await start({ DATABASE_URL: await postgres.databaseUrl('faults') });
    await survive(game, 'SIGKILL of PostgreSQL', async () => {
      await postgres.kill9();
      await postgres.restart();
    });
  }, 120_000);
});
