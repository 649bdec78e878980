import assert from 'node:assert/strict';
import { type Grant, Lease } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { RECOVERY_MS } from '../fault-traits.ts';
import { killOf } from '../harness.ts';
import { waitingWith } from '../options.ts';
import { eventually, refuses, times, untilAnswered } from '../proof.ts';
import { traitsOf } from '../traits.ts';
import { granted, LONG_MS } from './lease-proof.ts';
import { leaseWatchCases } from './lease-watch.ts';

const SHORT_MS = 300;
/** A lease that ran out may be noticed this late on a busy machine. */
const SLACK_MS = 5_000;
const NOBODY: Grant = { name: 'l', token: 1, expiresAtMs: 1 };

const traits = traitsOf(Lease, {
  verbs: {
    acquire: (api, signal) => api.acquire('l', { holder: 'kit', ttlMs: 100, ...waitingWith(signal) }),
    renew: (api, signal) => api.renew(NOBODY, { ttlMs: 100, ...waitingWith(signal) }),
    release: (api) => api.release(NOBODY),
  },
  waiting: ['acquire', 'renew'],
  mark: {
    leave: (api, name) => api.acquire(name, { holder: 'kit', ttlMs: LONG_MS }),
    find: async (api, all) => {
      const found: boolean[] = [];
      for (const name of all) {
        const grant = await api.acquire(name, { holder: 'finder', ttlMs: LONG_MS });
        if (grant !== null) await api.release(grant);
        found.push(grant === null);
      }
      return found;
    },
  },
  survivesKill: (caps) => caps.durable === 'disk',
  problems: ({ scope, fencing, durable }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    !fencing && 'fencing is not optional',
    !['disk', 'memory'].includes(durable) && `durable ${durable}`,
  ],
});

const own = casesOf(Lease)([
  {
    id: 'acquire/one-holder',
    title: 'grants a free lease, and answers null to anybody else while it is held',
    async run(t) {
      const grant = await granted(t, 'l', 'a');
      assert.equal(grant.name, 'l');
      assert.ok(Number.isSafeInteger(grant.token) && Number.isFinite(grant.expiresAtMs));
      assert.equal(await t.api.acquire('l', { holder: 'b', ttlMs: LONG_MS }), null);
      assert.ok((await t.api.acquire('other', { holder: 'b', ttlMs: LONG_MS })) !== null, 'another name is free');
    },
  },
  {
    id: 'acquire/same-holder',
    title: 'prolongs the lease of the same holder, with the same token',
    async run(t) {
      const first = await granted(t, 'l', 'a', 1_000);
      const again = await granted(t, 'l', 'a', LONG_MS);
      assert.equal(again.token, first.token);
      assert.ok(again.expiresAtMs > first.expiresAtMs, 'it ends later');
    },
  },
  {
    id: 'acquire/one-winner',
    title: 'grants a free lease to exactly one of 40 callers',
    async run(t) {
      const second = t.caps.scope === 'cluster' ? (await t.open({ isSecondNode: true })).api : t.api;
      for (const name of times(5, (index) => `l${index}`)) {
        const grants = await Promise.all(
          times(40, (index) => (index % 2 === 0 ? t.api : second).acquire(name, { holder: `h${index}`, ttlMs: LONG_MS })),
        );
        assert.equal(grants.filter((grant) => grant !== null).length, 1);
      }
    },
  },
  {
    id: 'acquire/mutual-exclusion',
    title: 'never has two holders at once, and raises the token at every change of hands',
    async run(t) {
      let inside = 0;
      let highest = 0;
      const worker = async (holder: string) => {
        for (let won = 0; won < 5; ) {
          const grant = await t.api.acquire('l', { holder, ttlMs: LONG_MS });
          if (grant === null) {
            await new Promise(setImmediate);
            continue;
          }
          inside += 1;
          assert.equal(inside, 1, 'one holder at a time');
          assert.ok(grant.token > highest, `token ${grant.token} is above ${highest}`);
          highest = grant.token;
          await new Promise(setImmediate);
          inside -= 1;
          await t.api.release(grant);
          won += 1;
        }
      };
      await Promise.all(times(6, (index) => worker(`h${index}`)));
    },
  },
  {
    id: 'token/rises',
    title: 'raises the token whenever a lease is granted anew, also to the same holder',
    async run(t) {
      let last = 0;
      for (const holder of ['a', 'b', 'a', 'a', 'b', 'b', 'a']) {
        const grant = await granted(t, 'l', holder);
        assert.ok(grant.token > last, `token ${grant.token} is above ${last}`);
        last = grant.token;
        await t.api.release(grant);
      }
    },
  },
  {
    id: 'renew/held',
    title: 'prolongs what is held, with the same token, and keeps others out',
    async run(t) {
      const grant = await granted(t, 'l', 'a', 2_000);
      const renewed = await t.api.renew(grant, { ttlMs: LONG_MS });
      assert.equal(renewed?.token, grant.token);
      assert.ok(renewed.expiresAtMs > grant.expiresAtMs, 'it ends later');
      assert.equal(await t.api.acquire('l', { holder: 'b', ttlMs: LONG_MS }), null);
      assert.ok((await t.api.renew(grant, { ttlMs: LONG_MS })) !== null, 'the first grant still names the lease');
    },
  },
  {
    id: 'renew/lost',
    title: 'answers null for a lease that was released, taken by another or never granted',
    async run(t) {
      const grant = await granted(t, 'l', 'a');
      assert.equal(await t.api.renew({ ...grant, token: grant.token + 1 }, { ttlMs: LONG_MS }), null);
      assert.equal(await t.api.renew({ ...grant, name: 'never' }, { ttlMs: LONG_MS }), null);
      await t.api.release(grant);
      assert.equal(await t.api.renew(grant, { ttlMs: LONG_MS }), null);
      await granted(t, 'l', 'a');
      assert.equal(await t.api.renew(grant, { ttlMs: LONG_MS }), null, 'the same holder under a newer token');
    },
  },
  {
    id: 'release/frees',
    title: 'frees a lease, and does nothing when released again',
    async run(t) {
      const first = await granted(t, 'l', 'a');
      await t.api.release(first);
      await t.api.release(first);
      const second = await granted(t, 'l', 'b');
      assert.ok(second.token > first.token);
    },
  },
  {
    id: 'release/only-own',
    title: 'does nothing when the lease is no longer this grant’s',
    async run(t) {
      const old = await granted(t, 'l', 'a');
      await t.api.release(old);
      const held = await granted(t, 'l', 'a');
      await t.api.release(old);
      await t.api.release({ ...held, token: held.token + 1 });
      assert.equal(await t.api.acquire('l', { holder: 'b', ttlMs: LONG_MS }), null, 'it is still held');
      assert.ok((await t.api.renew(held, { ttlMs: LONG_MS })) !== null);
    },
  },
  {
    id: 'expiry/runs-out',
    title: 'keeps others out for the whole time, frees the lease then, and renews no more',
    async run(t) {
      const askedAt = performance.now();
      const first = await granted(t, 'l', 'a', SHORT_MS);
      let second: Grant | null = null;
      await eventually(
        'the lease is free',
        async () => {
          second = await t.api.acquire('l', { holder: 'b', ttlMs: LONG_MS });
          return second !== null;
        },
        SHORT_MS + SLACK_MS,
      );
      assert.ok(performance.now() - askedAt >= SHORT_MS - 5, 'not before its time');
      assert.ok(second !== null && (second as Grant).token > first.token, 'under a higher token');
      assert.equal(await t.api.renew(first, { ttlMs: LONG_MS }), null);
      await t.api.release(first);
      assert.equal(await t.api.acquire('l', { holder: 'c', ttlMs: LONG_MS }), null, 'the late release freed nothing');
    },
  },
  {
    id: 'expiry/not-revived',
    title: 'counts a lease that ran out as lost, though nobody else took it',
    async run(t) {
      const grant = await granted(t, 'l', 'a', SHORT_MS);
      const witness = await granted(t, 'witness', 'a', SHORT_MS);
      await eventually(
        'the witness ran out',
        async () => (await t.api.acquire('witness', { holder: 'b', ttlMs: LONG_MS })) !== null,
        SHORT_MS + SLACK_MS,
      );
      assert.ok(witness.token > 0);
      assert.equal(await t.api.renew(grant, { ttlMs: LONG_MS }), null);
      const again = await granted(t, 'l', 'a');
      assert.ok(again.token > grant.token, 'granted anew under a higher token');
    },
  },
  {
    id: 'bounds/ttl',
    title: 'refuses a ttl outside 100 to 600,000 ms, and grants nothing',
    async run(t) {
      for (const ttlMs of [99, 0, -1, 600_001, 100.5, Number.NaN, Infinity])
        await refuses('INVALID_ARGUMENT', `acquire for ${ttlMs} ms`, () => t.api.acquire('l', { holder: 'a', ttlMs }));
      const grant = await granted(t, 'l', 'b', 600_000);
      for (const ttlMs of [99, 600_001, Number.NaN])
        await refuses('INVALID_ARGUMENT', `renew for ${ttlMs} ms`, () => t.api.renew(grant, { ttlMs }));
      await granted(t, 'short', 'b', 100);
    },
  },
  {
    id: 'fault/token-after-kill',
    title: 'keeps raising the token across a restart of the engine',
    needs: ['kill'],
    isAlone: true,
    deadlineMs: 90_000,
    skip: (caps) => caps.durable !== 'disk' && 'claims no durability',
    async run(t) {
      let grant = await granted(t, 'l', 'a');
      for (let round = 0; round < 5; round++) {
        await t.api.release(grant);
        grant = await granted(t, 'l', 'a');
      }
      await t.api.release(grant);
      const engine = killOf(t.harness);
      await engine?.kill();
      await engine?.restart();
      const again = await untilAnswered('acquire', () => granted(t, 'l', 'b'), RECOVERY_MS);
      assert.ok(again.token > grant.token, `token ${again.token} is above ${grant.token}`);
    },
  },
]);

export const leaseCases: readonly Case<typeof Lease>[] = [...traits, ...own, ...leaseWatchCases];
