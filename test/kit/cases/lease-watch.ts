import assert from 'node:assert/strict';
import { Lease, type LeaseState } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { RECOVERY_MS } from '../fault-traits.ts';
import { outageOf } from '../harness.ts';
import { andThen, eventually, refuses, within } from '../proof.ts';
import { granted, type LeaseTrial } from './lease-proof.ts';

/** The contract says a second; the rest is for a busy machine. */
const SEEN_MS = 3_000;

/** Watching a lease: the state now, then every change, latest wins. */
export const leaseWatchCases = casesOf(Lease)([
  {
    id: 'watch/now',
    title: 'begins with the state as it is: free, or held by whom under which token',
    async run(t) {
      assert.equal((await until(watching(t, 'free'), 'the state', () => true)).holder, null);
      const grant = await granted(t, 'held', 'a');
      const state = await until(watching(t, 'held'), 'the state', () => true);
      assert.deepEqual(state, { name: 'held', holder: 'a', token: grant.token });
    },
  },
  {
    id: 'watch/changes',
    title: 'shows who took it and that it was released',
    async run(t) {
      const states = watching(t, 'l');
      await until(states, 'free', ({ holder }) => holder === null);
      const first = await granted(t, 'l', 'a');
      assert.equal((await until(states, 'taken', ({ holder }) => holder === 'a')).token, first.token);
      await t.api.release(first);
      await until(states, 'released', ({ holder }) => holder === null);
      const second = await granted(t, 'l', 'b');
      assert.equal((await until(states, 'taken again', ({ holder }) => holder === 'b')).token, second.token);
    },
  },
  {
    id: 'watch/ran-out',
    title: 'shows a lease that ran out as free within a second, and then the same holder under a new token',
    async run(t) {
      const states = watching(t, 'l');
      const first = await granted(t, 'l', 'a', 300);
      await until(states, 'taken', ({ holder }) => holder === 'a');
      await until(states, 'ran out', ({ holder }) => holder === null, 300 + SEEN_MS);
      const second = await granted(t, 'l', 'a');
      const state = await until(states, 'taken again', ({ holder }) => holder === 'a');
      assert.equal(state.token, second.token);
      assert.ok(second.token > first.token);
    },
  },
  {
    id: 'watch/renewed',
    title: 'does not show a lease as free that was renewed in time',
    async run(t) {
      const grant = await granted(t, 'l', 'a', 600);
      const seen: (string | null)[] = [];
      const reading = (async () => {
        for await (const { holder } of t.api.watch('l', { signal: t.signal })) seen.push(holder);
      })();
      reading.catch(() => undefined);
      await eventually('taken', () => seen.includes('a'));
      await granted(t, 'witness', 'a', 900);
      assert.ok((await t.api.renew(grant, { ttlMs: 30_000 })) !== null);
      await eventually('the witness ran out', async () => (await t.api.acquire('witness', { holder: 'b', ttlMs: 30_000 })) !== null);
      assert.ok(!seen.includes(null), 'it was never shown as free');
      await t.api.release(grant);
      await eventually('released', () => seen.includes(null), SEEN_MS);
    },
  },
  {
    id: 'watch/second-node',
    title: 'shows what happens on another node',
    skip: (caps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run(t) {
      const second = await t.open({ isSecondNode: true });
      const states = watching(t, 'l');
      await until(states, 'free', ({ holder }) => holder === null);
      const grant = await second.api.acquire('l', { holder: 'far', ttlMs: 30_000 });
      assert.ok(grant !== null);
      await until(states, 'taken far away', ({ holder }) => holder === 'far');
      await second.api.release(grant);
      await until(states, 'released far away', ({ holder }) => holder === null);
    },
  },
  {
    id: 'watch/apart',
    title: 'shows only the lease it watches',
    async run(t) {
      const other = await t.open({ suffix: '-other' });
      const states = watching(t, 'l');
      await until(states, 'free', () => true);
      await granted(t, 'l2', 'a');
      await other.api.acquire('l', { holder: 'stranger', ttlMs: 30_000 });
      await granted(t, 'l', 'own');
      const state = await until(states, 'the next change', ({ holder }) => holder !== null);
      assert.equal(state.holder, 'own');
      assert.equal(state.name, 'l');
    },
  },
  {
    id: 'watch/ends',
    title: 'ends without an error when its signal aborts and when the port closes; refuses with CLOSED after',
    async run(t) {
      const ending = new AbortController();
      const aborted = t.api.watch('l', { signal: ending.signal })[Symbol.asyncIterator]();
      await aborted.next();
      const waiting = aborted.next();
      ending.abort();
      assert.equal((await within('the end', waiting, 5_000)).done, true);
      const closed = watching(t, 'l');
      await closed.next();
      const last = closed.next();
      await t.instance.close();
      assert.equal((await within('the end', last, 5_000)).done, true);
      await refuses('CLOSED', 'watch', () => watching(t, 'l').next());
    },
  },
  {
    id: 'watch/outage',
    title: 'goes on showing changes once the engine is back',
    needs: ['outage'],
    isAlone: true,
    deadlineMs: 90_000,
    async run(t) {
      const outage = outageOf(t.harness);
      assert.ok(outage);
      const states = watching(t, 'l');
      await until(states, 'free', () => true);
      await outage.begin();
      await andThen(
        eventually('down', async () => (await t.instance.health()).status === 'down'),
        async () => outage.end(),
      );
      await eventually(
        'taken',
        async () => (await t.api.acquire('l', { holder: 'a', ttlMs: 60_000 }).catch(() => null)) !== null,
        RECOVERY_MS,
      );
      await until(states, 'the holder', ({ holder }) => holder === 'a', RECOVERY_MS);
    },
  },
]);

const watching = (t: LeaseTrial, name: string) => t.api.watch(name, { signal: t.signal })[Symbol.asyncIterator]();

async function until(
  states: AsyncIterator<LeaseState>,
  what: string,
  isIt: (state: LeaseState) => boolean,
  withinMs = SEEN_MS,
): Promise<LeaseState> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    const step = await within(what, states.next(), Math.max(1, endsAt - Date.now()));
    assert.ok(step.done !== true, `${what}: the watch ended`);
    if (isIt(step.value)) return step.value;
  }
}
