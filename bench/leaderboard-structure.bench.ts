/**
 * The ranked set of the memory adapter in one thread beside sorted sets of a private Redis through ioredis: the same members, scores and
 * questions in the same run.
 *
 *   node bench/leaderboard-structure.bench.ts --members 1000000 [--redis-full] [--no-redis]
 *
 * Scores are log-normal with heavy ties, ids have 13 bytes. Redis is asked with autopipelining, 512 requests in flight; its board has at
 * most 1 M members unless --redis-full. Latencies are of single calls.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { Board } from '../adapters/memory/ranked-set/board.ts';
import type { Change } from '../ports/index.ts';

const { values } = parseArgs({
  options: { members: { type: 'string', default: '1000000' }, 'redis-full': { type: 'boolean' }, 'no-redis': { type: 'boolean' } },
});
const MEMBERS = Number(values.members);
const REDIS_MEMBERS = values['redis-full'] ? MEMBERS : Math.min(MEMBERS, 1_000_000);
const BATCH = 5000;
const ASKED = 200_000;
const REDIS_ASKED = 40_000;
const IN_FLIGHT = 512;

interface Figures {
  loadPerSecond: number;
  bytesPerMember: number;
  incrementsPerSecond: number;
  p50Us: number;
  p99Us: number;
  ranksPerSecond: number;
  topsPerSecond: number;
  aroundsPerSecond: number;
}

const ours = measureBoard();
const theirs = await measureRedis();
print(ours, theirs);

function measureBoard(): Figures {
  const board = new Board();
  let loadMs = 0;
  for (let from = 0; from < MEMBERS; from += BATCH) {
    const batch: Change[] = [];
    for (let i = from; i < Math.min(MEMBERS, from + BATCH); i++) batch.push({ op: 'add', member: idOf(i), score: scoreOf(i), tie: i });
    loadMs += elapsed(() => board.apply(batch, undefined));
  }
  const random = chance(42);
  const ids = Array.from({ length: ASKED }, () => idOf(Math.floor(random() * MEMBERS)));
  const increment = (member: string, i: number) => board.apply([{ op: 'add', member, score: 1 + (i % 50), tie: MEMBERS + i }], undefined);
  ids.slice(0, 20_000).forEach(increment);
  const incrementMs = elapsed(() => ids.forEach(increment));
  const latencies = new Float64Array(50_000);
  for (let i = 0; i < latencies.length; i++) latencies[i] = elapsed(() => increment(ids[ASKED - 1 - i] as string, i)) * 1000;
  latencies.sort();
  board.lookup(idOf(0));
  return {
    loadPerSecond: (MEMBERS / loadMs) * 1000,
    bytesPerMember: board.bytes / board.size,
    incrementsPerSecond: (ASKED / incrementMs) * 1000,
    p50Us: latencies[latencies.length * 0.5] as number,
    p99Us: latencies[latencies.length * 0.99] as number,
    ranksPerSecond: (ASKED / elapsed(() => ids.forEach((id) => board.lookup(id)))) * 1000,
    topsPerSecond: (ASKED / elapsed(() => ids.forEach(() => board.range(0, 10)))) * 1000,
    aroundsPerSecond: (ASKED / elapsed(() => ids.forEach((id) => board.around(id, 4, 4)))) * 1000,
  };
}

async function measureRedis(): Promise<Figures | undefined> {
  if (values['no-redis']) return undefined;
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    console.log('redis-server is not on the PATH: no peer (apt-get install redis-server)');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-'));
  const { server, redis } = await startRedis(folder);
  try {
    const before = await usedMemory(redis);
    const random = chance(42);
    let loadMs = 0;
    for (let from = 0; from < REDIS_MEMBERS; from += BATCH) {
      const commands: (string | number)[][] = [];
      for (let start = from; start < Math.min(REDIS_MEMBERS, from + BATCH); start += 500) {
        const pairs: (string | number)[] = [];
        for (let i = start; i < Math.min(REDIS_MEMBERS, start + 500); i++) pairs.push(scoreOf(i), idOf(i));
        commands.push(pairs);
      }
      const started = performance.now();
      await Promise.all(commands.map((pairs) => redis.call('ZADD', 'board', ...pairs)));
      loadMs += performance.now() - started;
    }
    const bytes = (await usedMemory(redis)) - before;
    const ids = Array.from({ length: REDIS_ASKED }, () => idOf(Math.floor(random() * REDIS_MEMBERS)));
    const increments = await rate(ids, (id, i) => redis.zincrby('board', 1 + (i % 50), id));
    const latencies = new Float64Array(5000);
    for (let i = 0; i < latencies.length; i++) {
      const started = performance.now();
      await redis.zincrby('board', 1, ids[i] as string);
      latencies[i] = (performance.now() - started) * 1000;
    }
    latencies.sort();
    return {
      loadPerSecond: (REDIS_MEMBERS / loadMs) * 1000,
      bytesPerMember: bytes / REDIS_MEMBERS,
      incrementsPerSecond: increments,
      p50Us: latencies[latencies.length * 0.5] as number,
      p99Us: latencies[latencies.length * 0.99] as number,
      ranksPerSecond: await rate(ids, (id) => redis.zrevrank('board', id)),
      topsPerSecond: await rate(ids, () => redis.zrevrange('board', 0, 9, 'WITHSCORES')),
      aroundsPerSecond: await rate(ids, async (id) => {
        const rank = (await redis.zrevrank('board', id)) ?? 0;
        return redis.zrevrange('board', Math.max(0, rank - 4), rank + 4, 'WITHSCORES');
      }),
    };
  } finally {
    redis.disconnect();
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startRedis(folder: string): Promise<{ server: ChildProcess; redis: Redis }> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: 'ignore' });
    const redis = new Redis({ port, lazyConnect: true, enableAutoPipelining: true, retryStrategy: (times) => (times < 50 ? 50 : null) });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      if ((await redis.info('server')).includes(`process_id:${server.pid}`)) return { server, redis };
    } catch {
      // The port was taken: another one is tried.
    }
    redis.disconnect();
    server.kill('SIGKILL');
  }
  throw new Error('no port for a redis-server was free in twenty tries');
}

async function rate(ids: readonly string[], ask: (id: string, i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const one = async () => {
    for (let i = next++; i < ids.length; i = next++) await ask(ids[i] as string, i);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return (ids.length / (performance.now() - started)) * 1000;
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

function print(board: Figures, redis: Figures | undefined): void {
  const count = (value: number) => (value >= 1000 ? `${Math.round(value / 1000)} k/s` : `${Math.round(value)} /s`);
  const micros = (value: number) => `${value.toFixed(1)} us`;
  const rows: readonly (readonly [string, keyof Figures, (value: number) => string])[] = [
    ['load', 'loadPerSecond', count],
    ['increment by id', 'incrementsPerSecond', count],
    ['increment p50', 'p50Us', micros],
    ['increment p99', 'p99Us', micros],
    ['rank and above', 'ranksPerSecond', count],
    ['top 10', 'topsPerSecond', count],
    ['around 4+1+4', 'aroundsPerSecond', count],
    ['bytes a member', 'bytesPerMember', (value) => value.toFixed(1)],
  ];
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`);
  console.log(
    `${''.padEnd(18)}${`memory, ${MEMBERS}`.padStart(20)}${(redis ? `ioredis, ${REDIS_MEMBERS}` : '').padStart(20)}${(redis ? 'ratio' : '').padStart(10)}`,
  );
  for (const [name, key, format] of rows) {
    const ratio = redis ? `${(board[key] / redis[key]).toFixed(2)}x` : '';
    console.log(
      `${name.padEnd(18)}${format(board[key]).padStart(20)}${(redis ? format(redis[key]) : '').padStart(20)}${ratio.padStart(10)}`,
    );
  }
}

function elapsed(act: () => unknown): number {
  const started = performance.now();
  act();
  return performance.now() - started;
}

function idOf(i: number): string {
  return `user:${String(i).padStart(8, '0')}`;
}

/** Log-normal around 400, the same for the same member on both sides. */
function scoreOf(i: number): number {
  const random = chance(i + 1);
  return Math.floor(Math.exp(6 + 1.2 * Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random())));
}

/** Repeatable: mulberry32. */
function chance(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
