import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutboxRelay } from '../../plugins/kernel/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { openEngines } from './engines.ts';

postgresSuite()('the outbox relay', () => {
  let postgres: PostgresServer;
  let engines: Awaited<ReturnType<typeof openEngines>>;
  beforeAll(async () => {
    postgres = await startPostgres();
    engines = await openEngines(postgres.url);
    await engines.log.declare('events', { partitions: 1 });
  }, 60_000);
  afterAll(async () => {
    await engines.close();
    await postgres.stop();
  });

  const write = (texts: readonly string[]) =>
    engines.relational.tx((_tx, outbox) => outbox(texts.map((data) => ({ topic: 'events', key: 'k', data }))));
  const relayed = async (count: number) => {
    const texts: string[] = [];
    const signal = AbortSignal.timeout(10_000);
    for await (const records of engines.log.follow('events', 0, { after: 0, limit: 100, signal })) {
      texts.push(...records.map((record) => record.data));
      if (texts.length >= count) break;
    }
    return texts;
  };

  it('moves committed events to the log in order, also those of a process that died before settling, and none twice', async () => {
    await write(['a', 'b']);
    // As if a relay had appended and was killed before it settled.
    for (const { id, key, data, topic } of await engines.relational.pending(1)) await engines.log.append(topic, [{ id, key, data }]);
    const stop = new AbortController();
    const relay = createOutboxRelay({ ...engines, holder: 'one', environment: engines.environment });
    const run = relay.run(stop.signal);
    expect(await relayed(2)).toEqual(['a', 'b']);
    await write(['c']);
    expect(await relayed(3)).toEqual(['a', 'b', 'c']);
    stop.abort();
    await run;
    expect(relay.status().state).toBe('stopped');
    expect(await engines.relational.pending(10)).toEqual([]);
  });

  it('does not relay what was rolled back', async () => {
    const gone = engines.relational.tx(async (_tx, outbox) => {
      await outbox([{ topic: 'events', key: 'k', data: 'never' }]);
      throw new Error('rolled back');
    });
    await expect(gone).rejects.toThrow('rolled back');
    expect(await engines.relational.pending(10)).toEqual([]);
  });
});
