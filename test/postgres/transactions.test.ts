import { sql } from 'drizzle-orm';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Db } from '../../ports/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Node, openNode, until } from './opened.ts';

const accounts = pgTable('accounts', { name: text('name').primaryKey(), amount: integer('amount').notNull(), tags: text('tags').array() });

postgresSuite()('rows and transactions on Postgres', () => {
  let server: PostgresServer;
  let node: Node;
  beforeAll(async () => {
    server = await startPostgres();
    node = await openNode(server.url, { poolSize: 3 });
    await node.relational.db.execute(sql`create table accounts (name text primary key, amount integer not null, tags text[])`);
  }, 30_000);
  beforeEach(async () => {
    await node.relational.db.delete(accounts);
  });
  afterAll(async () => {
    await node.close();
    await server.stop();
  });
  const names = async () => (await node.relational.db.select().from(accounts).orderBy(accounts.name)).map(({ name }) => name);
  const killSession = (pid: number) => node.relational.db.execute(sql`select pg_terminate_backend(${pid})`);
  const sessionOf = async (tx: Db) => Number((await rows<{ pid: number }>(tx.execute(sql`select pg_backend_pid() as pid`)))[0]?.pid);

  it('never runs the rest of a transaction outside of it when its session is lost halfway', async () => {
    let swallowed = 0;
    const broken = node.relational.tx(async (tx) => {
      await tx.insert(accounts).values({ name: 'debit', amount: -1 });
      await killSession(await sessionOf(tx));
      for (const name of ['credit', 'late credit']) {
        await tx
          .insert(accounts)
          .values({ name, amount: 1 })
          .catch(() => {
            swallowed += 1;
          });
      }
    });
    await expect(broken).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(swallowed).toBe(2);
    expect(await names()).toEqual([]);
  });

  it('says that nothing was applied when the session was lost before the commit', async () => {
    const broken = node.relational.tx(async (tx) => {
      await killSession(await sessionOf(tx));
      await tx.insert(accounts).values({ name: 'a', amount: 1 });
    });
    await expect(broken).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
  });

  it('rejects when a statement failed and its error was swallowed, for the server has rolled back', async () => {
    await node.relational.db.insert(accounts).values({ name: 'a', amount: 1 });
    const silent = node.relational.tx(async (tx) => {
      await tx.insert(accounts).values({ name: 'b', amount: 1 });
      await tx
        .insert(accounts)
        .values({ name: 'a', amount: 2 })
        .catch(() => undefined);
    });
    await expect(silent).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await names()).toEqual(['a']);
  });

  it('undoes a nested transaction alone', async () => {
    await node.relational.tx(async (tx) => {
      await tx.insert(accounts).values({ name: 'outer', amount: 1 });
      await tx
        .transaction(async (inner) => {
          await inner.insert(accounts).values({ name: 'inner', amount: 1 });
          throw new Error('no');
        })
        .catch(() => undefined);
      await tx.insert(accounts).values({ name: 'after', amount: 1 });
    });
    expect(await names()).toEqual(['after', 'outer']);
  });

  it('runs a transaction again after a serialization failure, and loses no update of thirty at once', async () => {
    await node.relational.db.insert(accounts).values({ name: 'a', amount: 0 });
    const add = () =>
      node.relational.tx(
        async (tx) => {
          const [row] = await tx.select().from(accounts);
          await tx.update(accounts).set({ amount: (row?.amount ?? 0) + 1 });
        },
        { isolation: 'serializable', retries: 10 },
      );
    const done = await Promise.allSettled(Array.from({ length: 30 }, add));
    const [row] = await node.relational.db.select().from(accounts);
    expect(row?.amount).toBe(done.filter(({ status }) => status === 'fulfilled').length);
    for (const one of done) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' });
  });

  it('leaves a broken constraint to the repository as a DrizzleQueryError with the SQLSTATE', async () => {
    const twice = node.relational.db.insert(accounts).values([
      { name: 'a', amount: 1 },
      { name: 'a', amount: 1 },
    ]);
    const error: unknown = await twice.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DrizzleQueryError);
    expect(error).toMatchObject({ cause: { code: '23505' } });
  });

  it('reads and writes arrays, also with quotes, NULLs and nothing in them', async () => {
    const tags = ['plain', 'with "quotes" and \\', '', 'a,b', '{}'];
    await node.relational.db.insert(accounts).values([
      { name: 'a', amount: 1, tags },
      { name: 'b', amount: 1, tags: [] },
    ]);
    const found = await node.relational.db.select({ tags: accounts.tags }).from(accounts).orderBy(accounts.name);
    expect(found).toEqual([{ tags }, { tags: [] }]);
    const [row] = await rows(node.relational.db.execute(sql`select array['x', null, 'NULL'] as texts, array[[1, 2], [3, 4]] as nested`));
    expect(row).toEqual({
      texts: ['x', null, 'NULL'],
      nested: [
        [1, 2],
        [3, 4],
      ],
    });
  });

  it('surfaces an outage inside of drizzle as UNAVAILABLE, and serves again afterwards', async () => {
    await server.kill9();
    await expect(node.relational.db.select().from(accounts)).rejects.toMatchObject({ name: 'PortError', code: 'UNAVAILABLE' });
    expect((await node.connection.health()).status).toBe('down');
    await server.restart();
    expect(await names()).toEqual([]);
  });

  it('answers health as down within a second when the server is frozen', async () => {
    server.freeze();
    const startedAt = performance.now();
    const health = await node.connection.health();
    const tookMs = performance.now() - startedAt;
    server.thaw();
    expect(health.status).toBe('down');
    expect(tookMs).toBeLessThan(2_000);
    await until('it is healthy again', async () => (await node.connection.health()).status === 'ok');
  });

  it('answers OVERLOADED, not for ever nothing, when the outer database is used inside of every transaction', async () => {
    const stuck = Array.from({ length: 3 }, () => node.relational.tx(() => node.relational.db.select().from(accounts)));
    const outcomes = await Promise.allSettled(stuck);
    expect(outcomes.some((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code === 'OVERLOADED')).toBe(
      true,
    );
    expect(await names()).toEqual([]);
  }, 30_000);
});

async function rows<Row>(answer: Promise<unknown>): Promise<readonly Row[]> {
  return (await answer) as readonly Row[];
}
