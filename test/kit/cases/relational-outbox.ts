import assert from 'node:assert/strict';
import { eq, sql } from 'drizzle-orm';
import { type PendingRecord, Relational } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { eventually, refuses, settlesWithin, times, within } from '../proof.ts';
import { accounts, type RelationalTrial } from './relational-proof.ts';

const record = (key: string, data: string) => ({ topic: 't', key, data });

/** Events beside rows: both or neither, in order per key, told to the relay. */
export const relationalOutboxCases = casesOf(Relational)([
  {
    id: 'outbox/atomic',
    title: 'shows the records of a committed transaction, oldest first, with rows and records together or not at all',
    async run(t) {
      const { rows, read } = await accounts(t);
      await t.api.tx(async (tx, outbox) => {
        await outbox([record('k', '1'), { topic: 'other', key: 'l', data: '🏆' }]);
        await tx.insert(rows).values({ id: 'a', amount: 1 });
        await outbox([record('k', '2')]);
        assert.deepEqual(await t.api.pending(10), [], 'not before the commit');
      });
      await refusedTx(t);
      assert.deepEqual(await read(), [['a', 1]]);
      const pending = await t.api.pending(10);
      assert.deepEqual(
        pending.map(({ topic, key, data }) => [topic, key, data]),
        [
          ['t', 'k', '1'],
          ['other', 'l', '🏆'],
          ['t', 'k', '2'],
        ],
      );
      assert.equal(new Set(pending.map(({ id }) => id)).size, 3, 'ids are unique');
    },
  },
  {
    id: 'outbox/settle',
    title: 'shows records until they are settled, each once, as many as asked for; settling again does nothing',
    async run({ api }) {
      await api.tx((_tx, outbox) => outbox(times(30, (index) => record(`k${index % 3}`, `${index}`))));
      const first = await api.pending(10);
      assert.equal(first.length, 10);
      assert.deepEqual(await api.pending(10), first, 'the same until settled');
      await api.settle(ids(first));
      await api.settle(ids(first));
      await api.settle([]);
      const rest = await api.pending(1_000);
      assert.deepEqual(
        [...first, ...rest].map(({ data }) => data),
        times(30, (index) => `${index}`),
      );
      await api.settle(ids(rest));
      assert.deepEqual(await api.pending(10), []);
    },
  },
  {
    id: 'outbox/order-under-lock',
    title: 'keeps the order of a key that 40 transactions write at once',
    async run(t) {
      const { rows } = await accounts(t);
      await t.api.tx((tx) => tx.insert(rows).values(['a', 'b'].map((id) => ({ id, amount: 0 }))));
      await Promise.all(
        times(40, (index) =>
          t.api.tx(async (tx, outbox) => {
            const id = index % 2 === 0 ? 'a' : 'b';
            const [row] = await tx
              .update(rows)
              .set({ amount: sql`${rows.amount} + 1` })
              .where(eq(rows.id, id))
              .returning();
            await outbox([record(id, `${row?.amount}`)]);
          }),
        ),
      );
      const pending = await t.api.pending(1_000);
      for (const id of ['a', 'b'])
        assert.deepEqual(
          pending.filter(({ key }) => key === id).map(({ data }) => data),
          times(20, (index) => `${index + 1}`),
        );
    },
  },
  {
    id: 'outbox/order-of-commits',
    title: 'orders the records of a key by commit, though a transaction that wrote first commits last',
    async run({ api }) {
      for (let round = 0; round < 3; round++) {
        const key = `k${round}`;
        let firstWrote: () => void = () => undefined;
        const hasWritten = new Promise<void>((resolve) => {
          firstWrote = resolve;
        });
        const commits: string[] = [];
        const seen: PendingRecord[] = [];
        let second: Promise<void> = Promise.resolve();
        const first = api.tx(async (_tx, outbox) => {
          await outbox([record(key, 'first')]);
          firstWrote();
          await settlesWithin(second, 200);
          seen.push(...(await api.pending(1_000)).filter((pending) => pending.key === key));
        });
        second = hasWritten.then(() => api.tx((_tx, outbox) => outbox([record(key, 'second')]))).then(() => void commits.push('second'));
        await Promise.all([first.then(() => void commits.push('first')), second]);
        const all = (await api.pending(1_000)).filter((pending) => pending.key === key);
        assert.equal(all.length, 2);
        if (seen.length > 0) assert.deepEqual(all[0], seen[0], 'what was seen first stays first');
        if (seen.length > 0 || commits[0] === 'second')
          assert.deepEqual(
            all.map(({ data }) => data),
            seen.length > 0 ? ['second', 'first'] : all.map(({ data }) => data),
          );
        await api.settle(ids(all));
      }
    },
  },
  {
    id: 'outbox/second-node',
    title: 'shows a second node what is pending, and settles for both; another namespace is not touched',
    skip: (caps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run({ api, open }) {
      const second = await open({ isSecondNode: true });
      const other = await open({ suffix: '-other' });
      await api.tx((_tx, outbox) => outbox([record('k', '1'), record('k', '2')]));
      await other.api.tx((_tx, outbox) => outbox([record('k', 'foreign')]));
      const pending = await second.api.pending(10);
      assert.deepEqual(pending, await api.pending(10));
      await other.api.settle(ids(pending));
      assert.equal((await api.pending(10)).length, 2, 'another namespace settles nothing here');
      await second.api.settle(ids(pending));
      assert.deepEqual(await api.pending(10), []);
      assert.deepEqual(
        (await other.api.pending(10)).map(({ data }) => data),
        ['foreign'],
      );
    },
  },
  {
    id: 'until-pending/wakes',
    title: 'wakes a waiting relay at the commit, not before it, and at once when a commit came between two calls',
    async run({ api, signal }) {
      await api.tx((_tx, outbox) => outbox([record('k', '0')]));
      await within('the first', api.untilPending({ signal }), 5_000);
      for (let round = 0; round < 5; round++) {
        const waiting = api.untilPending({ signal });
        await api.tx(async (_tx, outbox) => {
          await outbox([record('k', `${round}`)]);
        });
        await within('a commit while waiting', waiting, 5_000);
        await api.tx((_tx, outbox) => outbox([record('k', 'between')]));
        await within('a commit between two calls', api.untilPending({ signal }), 5_000);
      }
    },
  },
  {
    id: 'until-pending/waits',
    title: 'waits while nothing is committed, and ends when the signal aborts',
    async run({ api }) {
      const ending = new AbortController();
      // What was pending before the first call may wake it; after that it has nothing to tell.
      await settlesWithin(api.untilPending({ signal: AbortSignal.any([ending.signal, AbortSignal.timeout(300)]) }), 400);
      const waiting = api.untilPending({ signal: ending.signal });
      assert.ok(!(await settlesWithin(waiting, 200)), 'it waits');
      ending.abort();
      await within('the end', waiting, 5_000);
      await within('one aborted before', api.untilPending({ signal: AbortSignal.abort() }), 5_000);
    },
  },
  {
    id: 'until-pending/second-node',
    title: 'wakes on a second node',
    skip: (caps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run({ api, open, signal }) {
      const second = await open({ isSecondNode: true });
      await settlesWithin(second.api.untilPending({ signal }), 200);
      let isAwake = false;
      const waiting = second.api.untilPending({ signal }).then(() => {
        isAwake = true;
      });
      await api.tx((_tx, outbox) => outbox([record('k', '1')]));
      await eventually('the second node wakes', () => isAwake, 5_000);
      await waiting;
    },
  },
  {
    id: 'bounds/outbox',
    title: 'refuses limits outside 1 to 1000 and data over 64 KiB, with nothing committed',
    async run({ api }) {
      for (const limit of [0, 1_001, -1, 1.5, Number.NaN]) await refuses('INVALID_ARGUMENT', `limit ${limit}`, () => api.pending(limit));
      const tooLong = 'ü'.repeat(32 * 1024 + 1);
      await refuses('INVALID_ARGUMENT', 'data too long', () =>
        api.tx((_tx, outbox) => outbox([record('k', 'good'), record('k', tooLong)])),
      );
      assert.deepEqual(await api.pending(10), []);
      const longest = 'ü'.repeat(32 * 1024);
      await api.tx((_tx, outbox) => outbox([record('k', longest)]));
      assert.ok((await api.pending(10))[0]?.data === longest);
    },
  },
]);

const ids = (pending: readonly PendingRecord[]) => pending.map(({ id }) => id);

async function refusedTx({ api }: RelationalTrial): Promise<void> {
  const reason = new Error('no');
  const failing = api.tx(async (_tx, outbox) => {
    await outbox([record('k', 'never')]);
    throw reason;
  });
  await assert.rejects(failing, (error: unknown) => error === reason);
}
