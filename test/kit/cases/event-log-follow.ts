import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { EventLog, type LogRecord } from '../../../ports/index.ts';
import { casesOf, type Trial } from '../case.ts';
import { RECOVERY_MS } from '../fault-traits.ts';
import { outageOf } from '../harness.ts';
import { drains, eventually, gather, refuses, settlesWithin, times, untilAnswered, within } from '../proof.ts';
import { appended, assertInOrder, bodies, readAll } from './event-log-proof.ts';

const IDLE_MS = 1_500;

/** The tail of a log: nothing skipped, nothing repeated, nothing polled. */
export const eventLogFollowCases = casesOf(EventLog)([
  {
    id: 'follow/catches-up-and-waits',
    title: 'yields what is there in batches of at most the limit, then waits, then yields what comes',
    async run(t) {
      await t.api.declare('t', { partitions: 1 });
      await appended(
        t.api,
        't',
        times(25, (index) => ({ key: 'k', data: `${index}` })),
      );
      const batches = following(t, 0, 10);
      const sizes: number[] = [];
      const old: LogRecord[] = [];
      while (old.length < 25) {
        const { value, done } = await within('a batch', batches.next(), 5_000);
        assert.ok(done !== true);
        sizes.push(value.length);
        old.push(...value);
      }
      assert.ok(
        sizes.every((size) => size >= 1 && size <= 10),
        `batches of ${sizes.join(', ')}`,
      );
      assert.deepEqual(
        bodies(old),
        times(25, (index) => `${index}`),
      );
      const waiting = batches.next();
      assert.ok(!(await settlesWithin(waiting, 50)), 'it waits at the end');
      await appended(t.api, 't', [{ key: 'k', data: 'new' }]);
      const { value } = await within('the new one', waiting, 5_000);
      assert.deepEqual(bodies(value ?? []), ['new']);
      assert.deepEqual(value, await readAll(t.api, 't', 0, old.at(-1)?.position));
    },
  },
  {
    id: 'follow/from-a-position',
    title: 'begins after the position it was given, each follower at its own, each in its partition',
    async run(t) {
      await t.api.declare('t', { partitions: 2 });
      const placed = await appended(
        t.api,
        't',
        times(6, (index) => ({ key: 'k', partition: 0, data: `${index}` })),
      );
      const early = following(t, placed[1]?.position ?? 0, 100);
      const late = following(t, placed[5]?.position ?? 0, 100);
      const other = t.api.follow('t', 1, { after: 0, limit: 100, signal: t.signal })[Symbol.asyncIterator]();
      const waiting = late.next();
      assert.deepEqual(bodies(await gather('early', early, (all) => all.length >= 4)), ['2', '3', '4', '5']);
      await appended(t.api, 't', [
        { key: 'k', partition: 1, data: 'other' },
        { key: 'k', partition: 0, data: '6' },
      ]);
      assert.deepEqual(bodies((await within('late', waiting, 5_000)).value ?? []), ['6']);
      assert.deepEqual(bodies(await gather('other', other, (all) => all.length > 0)), ['other']);
    },
  },
  {
    id: 'follow/ends',
    title: 'ends without an error when the signal aborts and when the port closes; refuses with CLOSED after',
    async run(t) {
      await t.api.declare('t', { partitions: 1 });
      const ending = new AbortController();
      const aborted = t.api.follow('t', 0, { after: 0, limit: 10, signal: ending.signal })[Symbol.asyncIterator]();
      const waiting = aborted.next();
      assert.ok(!(await settlesWithin(waiting, 50)), 'it waits on an empty log');
      ending.abort();
      assert.equal((await within('the end', waiting, 5_000)).done, true);
      await drains(
        'one aborted before',
        t.api.follow('t', 0, { after: 0, limit: 10, signal: AbortSignal.abort() })[Symbol.asyncIterator](),
      );
      const last = following(t, 0, 10).next();
      await settlesWithin(last, 20);
      await t.instance.close();
      assert.equal((await within('the end', last, 5_000)).done, true);
      await refuses('CLOSED', 'follow', () => following(t, 0, 10).next());
    },
  },
  {
    id: 'follow/second-node',
    title: 'sees what a second node appends, and the second what the first appends',
    skip: (caps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run(t) {
      await t.api.declare('t', { partitions: 1 });
      const second = await t.open({ isSecondNode: true });
      const here = following(t, 0, 10);
      const there = second.api.follow('t', 0, { after: 0, limit: 10, signal: t.signal })[Symbol.asyncIterator]();
      for (let round = 0; round < 10; round++) {
        await appended(round % 2 === 0 ? second.api : t.api, 't', [{ key: 'k', data: `${round}` }]);
        assert.deepEqual(bodies(await gather('here', here, (all) => all.length > 0, 5_000)), [`${round}`]);
        assert.deepEqual(bodies(await gather('there', there, (all) => all.length > 0, 5_000)), [`${round}`]);
      }
    },
  },
  {
    id: 'follow/no-polling',
    title: 'waits at the end without asking again and again: ten idle followers cost a few round trips a second',
    needs: ['round-trips'],
    async run(t) {
      const trips = t.harness.roundTrips ?? (() => 0);
      await t.api.declare('t', { partitions: 10 });
      const waiting = times(10, (partition) =>
        t.api.follow('t', partition, { after: 0, limit: 10, signal: t.signal })[Symbol.asyncIterator]().next(),
      );
      await settlesWithin(Promise.all(waiting), 500);
      const before = trips();
      await pause(IDLE_MS);
      const spent = trips() - before;
      assert.ok(spent <= 40, `ten idle followers took ${spent} round trips in ${IDLE_MS} ms`);
    },
  },
  {
    id: 'fault/follow',
    title: 'follows through an outage without skipping or repeating',
    needs: ['outage'],
    isAlone: true,
    deadlineMs: 120_000,
    skip: (caps, harness) =>
      caps.durable !== 'disk' &&
      harness.fault !== undefined &&
      !('cut' in harness.fault) &&
      'claims no durability, and the harness can only kill',
    async run(t) {
      const outage = outageOf(t.harness);
      assert.ok(outage);
      await t.api.declare('t', { partitions: 1 });
      const seen: LogRecord[] = [];
      const reading = (async () => {
        for await (const batch of t.api.follow('t', 0, { after: 0, limit: 7, signal: t.signal })) seen.push(...batch);
      })();
      reading.catch(() => undefined);
      let count = 0;
      for (let round = 0; round < 2; round++) {
        for (let index = 0; index < 20; index++, count++) await t.api.append('t', [{ key: 'k', id: `i${count}`, data: `${count}` }]);
        const hit = times(10, () => ({ key: 'k', id: `i${count}`, data: `${count++}` }));
        const inFlight = hit.map((record) => t.api.append('t', [record]).catch(() => null));
        await inFlight[0];
        await outage.begin();
        await Promise.all(inFlight);
        await outage.end();
        for (const record of hit) await untilAnswered('append', () => t.api.append('t', [record]), RECOVERY_MS);
      }
      await Promise.race([
        eventually('the follower is through', () => seen.length >= count, RECOVERY_MS),
        reading.then(() => assert.fail('the follower ended')),
      ]);
      assert.deepEqual(bodies(seen).toSorted(), times(count, (index) => `${index}`).toSorted(), 'everything once');
      assertInOrder(seen, t.caps.gapless, 'followed');
      assert.deepEqual(seen, await readAll(t.api, 't', 0));
    },
  },
]);

const following = (t: Trial<typeof EventLog>, after: number, limit: number) =>
  t.api.follow('t', 0, { after, limit, signal: t.signal })[Symbol.asyncIterator]();
