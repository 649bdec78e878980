import assert from 'node:assert/strict';
import { eq, sql } from 'drizzle-orm';
import { type Isolation, Relational } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { waitingWith } from '../options.ts';
import { refuses, times } from '../proof.ts';
import { traitsOf } from '../traits.ts';
import { relationalOutboxCases } from './relational-outbox.ts';
import { accounts, meeting } from './relational-proof.ts';

const ISOLATIONS: readonly Isolation[] = ['read committed', 'repeatable read', 'serializable'];

const traits = traitsOf(Relational, {
  verbs: {
    tx: (api, signal) => api.tx(async (tx) => void (await tx.execute(sql`select 1`)), waitingWith(signal)),
    pending: (api, signal) => api.pending(10, waitingWith(signal)),
    settle: (api) => api.settle(['0']),
  },
  waiting: ['tx', 'pending'],
  mark: {
    leave: (api, name) => api.tx((_tx, outbox) => outbox([{ topic: 't', key: name, data: name }])),
    find: async (api, all) => {
      const found = new Set((await api.pending(1_000)).map(({ key }) => key));
      return all.map((name) => found.has(name));
    },
  },
  survivesKill: (caps) => caps.durable,
  problems: ({ engine, scope, durable, isolation }) => [
    engine.length === 0 && 'engine has no name',
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    typeof durable !== 'boolean' && 'durable is no boolean',
    !isolation.includes('read committed') && 'read committed is the default and not claimed',
    isolation.some((level) => !ISOLATIONS.includes(level)) && 'an isolation the port does not know',
  ],
});

const own = casesOf(Relational)([
  {
    id: 'tx/commits',
    title: 'commits what a transaction wrote and answers what it answered',
    async run(t) {
      const { rows, read } = await accounts(t);
      const answer = await t.api.tx(async (tx) => {
        await tx.insert(rows).values({ id: 'a', amount: 5 });
        assert.equal((await tx.select().from(rows)).length, 1, 'it sees its own rows');
        return { seen: 1 };
      });
      assert.deepEqual(answer, { seen: 1 });
      assert.deepEqual(await read(), [['a', 5]]);
    },
  },
  {
    id: 'tx/rolls-back',
    title: 'rolls everything back when the function throws, and throws the very same error, without another try',
    async run(t) {
      const { rows, read } = await accounts(t);
      const reason = new Error('no');
      let tries = 0;
      const failing = t.api.tx(async (tx, outbox) => {
        tries += 1;
        await tx.insert(rows).values({ id: 'a', amount: 5 });
        await outbox([{ topic: 't', key: 'k', data: 'd' }]);
        throw reason;
      });
      await assert.rejects(failing, (error: unknown) => error === reason);
      assert.equal(tries, 1);
      assert.deepEqual(await read(), []);
      assert.deepEqual(await t.api.pending(10), []);
    },
  },
  {
    id: 'tx/isolated',
    title: 'hides what is not committed from others',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx(async (tx) => {
        await tx.insert(rows).values({ id: 'a', amount: 5 });
        assert.deepEqual(await read(), []);
      });
      assert.deepEqual(await read(), [['a', 5]]);
    },
  },
  {
    id: 'tx/isolation-claimed',
    title: 'runs at every isolation level it claims, and at no other',
    async run(t) {
      await accounts(t);
      for (const isolation of ISOLATIONS) {
        const level = async () =>
          t.api.tx(
            async (tx) => {
              const answer: unknown = await tx.execute(sql`select current_setting('transaction_isolation') as level`);
              return JSON.stringify(answer);
            },
            { isolation },
          );
        if (t.caps.isolation.includes(isolation)) assert.ok((await level()).includes(isolation), isolation);
        else await refuses('UNSUPPORTED', isolation, level);
      }
    },
  },
  {
    id: 'tx/serialization-retried',
    title: 'tries a serialization failure again, so that two who would break a rule together do not',
    skip: (caps) => !caps.isolation.includes('serializable') && 'does not claim serializable',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx((tx) => tx.insert(rows).values(['a', 'b'].map((id) => ({ id, amount: 100 }))));
      const met = meeting(2);
      let tries = 0;
      const withdraw = (id: string) =>
        t.api.tx(
          async (tx) => {
            tries += 1;
            const total = (await tx.select().from(rows)).reduce((sum, row) => sum + row.amount, 0);
            await met();
            if (total >= 200) await tx.update(rows).set({ amount: -50 }).where(eq(rows.id, id));
          },
          { isolation: 'serializable', retries: 5 },
        );
      await Promise.all([withdraw('a'), withdraw('b')]);
      const total = (await read()).reduce((sum, [, amount]) => sum + amount, 0);
      assert.equal(total, 50, 'one of the two');
      assert.ok(tries >= 3, `${tries} tries: one of them twice`);
    },
  },
  {
    id: 'tx/serialization-lost',
    title: 'answers CONFLICT when no further try is allowed',
    skip: (caps) => !caps.isolation.includes('repeatable read') && 'does not claim repeatable read',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx((tx) => tx.insert(rows).values({ id: 'a', amount: 0 }));
      let tries = 0;
      const losing = t.api.tx(
        async (tx) => {
          tries += 1;
          await tx.select().from(rows);
          await t.api.tx((other) => other.update(rows).set({ amount: 1 }).where(eq(rows.id, 'a')));
          await tx.update(rows).set({ amount: 2 }).where(eq(rows.id, 'a'));
        },
        { isolation: 'repeatable read', retries: 0 },
      );
      await refuses('CONFLICT', 'tx', () => losing);
      assert.equal(tries, 1);
      assert.deepEqual(await read(), [['a', 1]]);
    },
  },
  {
    id: 'tx/deadlock-retried',
    title: 'tries again after a deadlock',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx((tx) => tx.insert(rows).values(['a', 'b'].map((id) => ({ id, amount: 0 }))));
      const met = meeting(2);
      const cross = (first: string, second: string) =>
        t.api.tx(async (tx) => {
          await tx
            .update(rows)
            .set({ amount: sql`${rows.amount} + 1` })
            .where(eq(rows.id, first));
          await met();
          await tx
            .update(rows)
            .set({ amount: sql`${rows.amount} + 1` })
            .where(eq(rows.id, second));
        });
      await Promise.all([cross('a', 'b'), cross('b', 'a')]);
      assert.deepEqual(await read(), [
        ['a', 2],
        ['b', 2],
      ]);
    },
  },
  {
    id: 'tx/concurrency',
    title: 'runs 40 transactions at once, queueing what its pool cannot take, and loses none',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx((tx) => tx.insert(rows).values({ id: 'a', amount: 0 }));
      await Promise.all(
        times(40, () =>
          t.api.tx(async (tx) => {
            await tx
              .update(rows)
              .set({ amount: sql`${rows.amount} + 1` })
              .where(eq(rows.id, 'a'));
          }),
        ),
      );
      assert.deepEqual(await read(), [['a', 40]]);
    },
  },
  {
    id: 'bounds/retries',
    title: 'refuses a number of retries outside 0 to 10, and runs nothing',
    async run({ api }) {
      for (const retries of [-1, 11, 1.5, Number.NaN])
        await refuses('INVALID_ARGUMENT', `${retries} retries`, () => api.tx(() => assert.fail('it ran'), { retries }));
    },
  },
  {
    id: 'db/outside',
    title: 'answers queries outside a transaction',
    async run(t) {
      const { rows } = await accounts(t);
      await t.api.db.insert(rows).values({ id: 'a', amount: 7 });
      assert.deepEqual(await t.api.db.select().from(rows), [{ id: 'a', amount: 7 }]);
    },
  },
]);

export const relationalCases: readonly Case<typeof Relational>[] = [...traits, ...own, ...relationalOutboxCases];
