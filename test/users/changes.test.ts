import { afterAll, beforeAll, expect, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { postgres } from '../../adapters/postgres/index.ts';
import { migrate } from '../../drizzle/migrate.ts';
import type { UserChange } from '../../plugins/users/changes.ts';
import { users as plugin } from '../../plugins/users/plugin.ts';
import { type EventLog, partitionOf } from '../../ports/index.ts';
import { systemClock, systemRandom } from '../../server/environment.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { SILENT } from './house.ts';

postgresSuite()('changes of users on their way to the log', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it('[US-28] arrive once and in the order of their user, over two runs of the relay', async () => {
    const { service, log, close } = await openPlugin(server.url);
    const ids = ['ada', 'ben', 'cem'];
    const rename = async (round: number) => {
      await service.upsertProfiles(ids.map((id) => ({ id, name: `${id} ${round}` })));
    };
    const runFor = async (until: () => Promise<boolean>) => {
      const stop = new AbortController();
      const running = Promise.all(service.work.map((work) => work.run(stop.signal)));
      await eventually(until);
      stop.abort();
      await running;
    };
    await rename(1);
    await service.requestFriend({ userId: 'ada', otherId: 'ben' });
    await runFor(async () => (await changesOf(log, 'ada')).length === 2);
    await service.acceptFriend({ userId: 'ben', otherId: 'ada' });
    await rename(2);
    await runFor(async () => (await changesOf(log, 'cem')).length === 2 && (await changesOf(log, 'ada')).length === 4);
    const profile = 'profile-changed';
    expect(await changesOf(log, 'ada')).toEqual([profile, 'ben requested', 'ben friend', profile]);
    expect(await changesOf(log, 'ben')).toEqual([profile, 'ada invited', 'ada friend', profile]);
    expect(await changesOf(log, 'cem')).toEqual([profile, profile]);
    expect(service.work[0]?.status().state).toBe('stopped');
    await close();
  });
});

/** The plugin as the server opens it: its needs on a Postgres of its own, its cache in memory. */
async function openPlugin(url: string) {
  const stop = new AbortController();
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context = { namespace: 'users', signal: stop.signal, now: systemClock.now };
  const [main, local] = [postgres({ url }), memory()];
  const mainConnection = await main.connect({ ...context, log: silent });
  const localConnection = await local.connect({ ...context, log: silent });
  const { relational, eventLog, lease } = main.provides;
  const record = await relational.open(mainConnection.conn, context);
  const log = await eventLog.open(mainConnection.conn, context);
  const leases = await lease.open(mainConnection.conn, context);
  const cache = await local.provides.keyValue.open(localConnection.conn, context);
  if (plugin.migrations) await migrate(record.api.db, [plugin.migrations]);
  const service = await plugin.service({
    ports: {
      record: { api: record.api, caps: relational.caps },
      log: { api: log.api, caps: eventLog.caps },
      leases: { api: leases.api, caps: lease.caps },
      cache: { api: cache.api, caps: local.provides.keyValue.caps },
    },
    uses: {},
    options: plugin.options.parse({}),
    clock: systemClock,
    random: systemRandom,
    log: silent,
    meter: SILENT,
    signal: stop.signal,
  });
  const close = async () => {
    stop.abort();
    for (const instance of [record, log, leases, cache]) await instance.close();
    await localConnection.close();
    await mainConnection.close();
  };
  return { service, log: log.api, close };
}

async function changesOf(log: EventLog, userId: string): Promise<string[]> {
  const records = await log.read('users.changes', partitionOf(userId, 8), { after: 0, limit: 1000 });
  return records
    .map(({ data }) => JSON.parse(data) as UserChange)
    .filter((change) => change.userId === userId)
    .map((change) => (change.kind === 'profile-changed' ? change.kind : `${change.otherId} ${change.standing}`));
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the changes did not arrive');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
