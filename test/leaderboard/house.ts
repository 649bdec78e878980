import { memory } from '../../adapters/memory/index.ts';
import { postgres } from '../../adapters/postgres/index.ts';
import { redis } from '../../adapters/redis/index.ts';
import { migrate } from '../../drizzle/migrate.ts';
import type { Clock, Environment, Meter, Work } from '../../plugins/kernel/index.ts';
import type { LeaderboardContext } from '../../plugins/leaderboard/machinery.ts';
import type { LeaderboardUsers } from '../../plugins/leaderboard/needs.ts';
import { leaderboardOptions } from '../../plugins/leaderboard/options.ts';
import { leaderboard as plugin } from '../../plugins/leaderboard/plugin.ts';
import { createLeaderboards, type Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { Db } from '../../ports/index.ts';
import { systemRandom } from '../../server/environment.ts';

export interface House {
  readonly service: Leaderboards;
  readonly context: LeaderboardContext;
  readonly db: Db;
  readonly clock: TestClock;
  /** Of the whole house. */
  readonly signal: AbortSignal;
  /** Stops the background work and waits for its end. The service still reads. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly postgres: string;
  /** Hot boards and feed on Redis; left out: in this process. */
  readonly redis?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly users?: LeaderboardUsers;
  /** Default true. */
  readonly works?: boolean;
}

/** Real time, and what the test has added to it. */
export type TestClock = Clock & { advance(ms: number): void };

/** The system on real engines, with its background work running. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const stop = new AbortController();
  const { signal } = stop;
  const clock = testClock();
  const connecting = { signal, log: { info: () => undefined, warn: () => undefined }, now: () => clock.now() };
  const opening = { namespace: 'leaderboard', signal, now: () => clock.now() };
  const main = postgres({ url: options.postgres });
  const mainConnection = await main.connect(connecting);
  const record = await main.provides.relational.open(mainConnection.conn, opening);
  const scores = await main.provides.eventLog.open(mainConnection.conn, opening);
  const leases = await main.provides.lease.open(mainConnection.conn, opening);
  if (plugin.migrations === undefined) throw new Error('the plugin has no migrations');
  await migrate(record.api.db, [plugin.migrations]);
  const hot = options.redis === undefined ? await openMemory(connecting, opening) : await openRedis(options.redis, connecting, opening);

  const environment: Environment = { clock, random: systemRandom, log: SILENT_LOG, meter: SILENT, signal };
  const context: LeaderboardContext = {
    ...environment,
    ports: {
      record: { api: record.api, caps: main.provides.relational.caps },
      scores: { api: scores.api, caps: main.provides.eventLog.caps },
      leases: { api: leases.api, caps: main.provides.lease.caps },
      boards: hot.boards,
      feed: hot.feed,
    },
    uses: { users: options.users ?? NOBODY },
    options: leaderboardOptions.parse(options.options ?? {}),
  };
  const service = await createLeaderboards(context);
  const working = new AbortController();
  const works = options.works === false ? [] : service.work.map((work) => run(work, AbortSignal.any([signal, working.signal])));
  const rest = async () => {
    working.abort();
    await Promise.all(works);
  };
  return {
    service,
    context,
    db: record.api.db,
    clock,
    signal,
    rest,
    async close() {
      stop.abort();
      await rest();
      await hot.close();
      await Promise.all([record.close(), scores.close(), leases.close()]);
      await mainConnection.close();
    },
  };
}

/** As the server does: a work that fails is started again. */
async function run(work: Work, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await work.run(signal);
    } catch (error) {
      if (signal.aborted) return;
      console.error(`work ${work.name}`, error);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function testClock(): TestClock {
  let added = 0;
  return {
    now: () => Date.now() + added,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        if (signal?.aborted === true) wake();
        else signal?.addEventListener('abort', wake, { once: true });
      }),
    advance(ms) {
      added += ms;
    },
  };
}

export const SILENT: Meter = {
  counter: () => ({ add: () => undefined }),
  gauge: () => undefined,
  histogram: () => ({ observe: () => undefined }),
};
export const SILENT_LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const NOBODY: LeaderboardUsers = {
  profiles: (ids) => Promise.resolve(ids.map(() => null)),
  friendIds: () => Promise.resolve([]),
};

type Connecting = Parameters<ReturnType<typeof memory>['connect']>[0];
type Opening = Parameters<ReturnType<typeof memory>['provides']['rankedSet']['open']>[1];

async function openMemory(connecting: Connecting, opening: Opening) {
  const { provides, connect } = memory();
  const connection = await connect(connecting);
  const boards = await provides.rankedSet.open(connection.conn, opening);
  const feed = await provides.pubSub.open(connection.conn, opening);
  return {
    boards: { api: boards.api, caps: provides.rankedSet.caps },
    feed: { api: feed.api, caps: provides.pubSub.caps },
    close: () => Promise.all([boards.close(), feed.close()]).then(() => connection.close()),
  };
}

async function openRedis(url: string, connecting: Connecting, opening: Opening) {
  const { provides, connect } = redis({ url });
  const connection = await connect(connecting);
  const boards = await provides.rankedSet.open(connection.conn, opening);
  const feed = await provides.pubSub.open(connection.conn, opening);
  return {
    boards: { api: boards.api, caps: provides.rankedSet.caps },
    feed: { api: feed.api, caps: provides.pubSub.caps },
    close: () => Promise.all([boards.close(), feed.close()]).then(() => connection.close()),
  };
}
