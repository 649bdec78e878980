import assert from 'node:assert/strict';
import { KeyValue, type KeyValueCaps } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { waitingWith } from '../options.ts';
import { eventually, names, refuses, times } from '../proof.ts';
import { traitsOf } from '../traits.ts';
import { keyValueAtomicCases } from './key-value-atomic.ts';
import { keyValueExpiryCases } from './key-value-expiry.ts';
import { keyValueWalk } from './key-value-walk.ts';

const traits = traitsOf(KeyValue, {
  verbs: {
    get: (api, signal) => api.get(['v'], waitingWith(signal)),
    set: (api, signal) => api.set([{ key: 'v', value: '1' }], waitingWith(signal)),
    take: (api, signal) => api.take(['v'], waitingWith(signal)),
    add: (api, signal) => api.add([{ key: 'n', delta: 1 }], waitingWith(signal)),
    remove: (api, signal) => api.remove(['v'], waitingWith(signal)),
  },
  waiting: ['get', 'set', 'take', 'add', 'remove'],
  mark: {
    leave: (api, name) => api.set([{ key: name, value: `v-${name}` }]),
    find: async (api, all) => (await api.get(all)).map((value, index) => value === `v-${all[index]}`),
  },
  survivesKill: (caps) => caps.durable,
  problems: ({ scope, durable, valueBytesMax, expiry, atomic }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    typeof durable !== 'boolean' && 'durable is no boolean',
    !(valueBytesMax >= 1024) && 'valueBytesMax is less than 1 KiB',
    expiry !== undefined && !(expiry.granularityMs >= 0 && expiry.granularityMs < Infinity) && 'granularityMs is no duration',
    atomic.some((act) => !['take', 'add', 'onlyIf'].includes(act)) && 'atomic names an act the port does not have',
  ],
});

const own: readonly Case<typeof KeyValue>[] = casesOf(KeyValue)([
  {
    id: 'get/aligned',
    title: 'answers in the order of the keys, null for a missing one, also for a key named twice',
    async run({ api }) {
      assert.deepEqual(
        await api.set([
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ]),
        [true, true],
      );
      assert.deepEqual(await api.get(['b', 'no', 'a', 'b']), ['2', null, '1', '2']);
    },
  },
  {
    id: 'get/nothing-asked',
    title: 'answers nothing when asked for nothing',
    async run({ api, caps }) {
      assert.deepEqual(await api.get([]), []);
      assert.deepEqual(await api.set([]), []);
      assert.deepEqual(await api.remove([]), []);
      if (caps.atomic.includes('take')) assert.deepEqual(await api.take([]), []);
      if (caps.atomic.includes('add')) assert.deepEqual(await api.add([]), []);
    },
  },
  {
    id: 'set/in-order',
    title: 'lets the later of two entries with one key win, and overwrites',
    async run({ api }) {
      await api.set([{ key: 'k', value: 'old' }]);
      await api.set(times(50, (index) => ({ key: 'k', value: `v${index}` })));
      assert.deepEqual(await api.get(['k']), ['v49']);
    },
  },
  {
    id: 'remove/aligned',
    title: 'says which keys were there, and that a key named twice was there once',
    async run({ api }) {
      await api.set([
        { key: 'a', value: '1' },
        { key: 'b', value: '' },
      ]);
      assert.deepEqual(await api.remove(['no', 'a', 'a', 'b']), [false, true, false, true]);
      assert.deepEqual(await api.get(['a', 'b']), [null, null]);
    },
  },
  {
    id: 'values/text',
    title: 'gives back any text as it was, the empty one too',
    async run({ api }) {
      const values = ['', ' ', '0', 'null', '{"a":[1]}', 'é\u0301', '🏆\u{10ffff}', '\r\n\t', '\ufeffbom', "';--", 'x'.repeat(10_000)];
      await api.set(values.map((value, index) => ({ key: `k${index}`, value })));
      assert.deepEqual(await api.get(values.map((_, index) => `k${index}`)), values);
    },
  },
  {
    id: 'values/nul',
    title: 'gives back U+0000 as it was, or refuses it with INVALID_ARGUMENT',
    async run({ api }) {
      const kept = await api.set([{ key: 'k', value: 'a\u0000b' }]).then(
        () => true,
        async (error: unknown) => {
          await refuses('INVALID_ARGUMENT', 'a value with U+0000', () => Promise.reject(error));
          return false;
        },
      );
      assert.deepEqual(await api.get(['k']), [kept ? 'a\u0000b' : null]);
    },
  },
  {
    id: 'values/bytes-max',
    title: 'takes a value of as many bytes as it claims and refuses one byte more',
    async run({ api, caps }) {
      const most = Math.min(caps.valueBytesMax, 4 * 1024 * 1024);
      const value = 'ü'.repeat(Math.floor(most / 2)) + 'x'.repeat(most % 2);
      await api.set([{ key: 'k', value }]);
      assert.ok((await api.get(['k']))[0] === value, 'the largest value comes back');
      if (caps.valueBytesMax > 32 * 1024 * 1024) return;
      const tooLong = 'ü'.repeat(Math.floor(caps.valueBytesMax / 2) + 1);
      await refuses('INVALID_ARGUMENT', 'a value too long', () => api.set([{ key: 'long', value: tooLong }]));
      assert.deepEqual(await api.get(['long']), [null]);
    },
  },
  {
    id: 'bounds/keys',
    title: 'refuses keys that are empty or longer than 512 bytes, and does nothing of such a call',
    async run({ api, caps }) {
      const longest = `${'ü'.repeat(255)}xy`;
      await api.set([{ key: longest, value: 'fits' }]);
      assert.deepEqual(await api.get([longest]), ['fits']);
      for (const key of ['', 'x'.repeat(513), 'ü'.repeat(257)]) {
        const set = () =>
          api.set([
            { key: 'good', value: '1' },
            { key, value: '1' },
          ]);
        await refuses('INVALID_ARGUMENT', 'get', () => api.get(['good', key]));
        await refuses('INVALID_ARGUMENT', 'set', set);
        await refuses('INVALID_ARGUMENT', 'remove', () => api.remove([longest, key]));
        if (caps.atomic.includes('take')) await refuses('INVALID_ARGUMENT', 'take', () => api.take([longest, key]));
        if (caps.atomic.includes('add'))
          await refuses('INVALID_ARGUMENT', 'add', () =>
            api.add([
              { key: 'good', delta: 1 },
              { key, delta: 1 },
            ]),
          );
      }
      assert.deepEqual(await api.get(['good', longest]), [null, 'fits']);
    },
  },
  {
    id: 'cancel/nothing-applied',
    title: 'writes nothing when the caller had given up before',
    async run({ api }) {
      await refuses('CANCELLED', 'set', () => api.set([{ key: 'k', value: '1' }], { signal: AbortSignal.abort() }));
      assert.deepEqual(await api.get(['k']), [null]);
    },
  },
  {
    id: 'batch/many',
    title: 'takes a thousand keys in one call',
    async run({ api }) {
      const keys = times(1_000, (index) => `k${index}`);
      await api.set(keys.map((key) => ({ key, value: key })));
      assert.deepEqual(await api.get(keys), keys);
      assert.deepEqual(
        await api.remove(keys),
        keys.map(() => true),
      );
    },
  },
  {
    id: 'cost/round-trips',
    title: 'reads, writes and removes 200 keys in at most 2 round trips per node',
    needs: ['round-trips'],
    async run({ api, harness, caps }) {
      const key = names('k');
      const keys = times(200, key);
      const most = 2 * (harness.nodes ?? 1);
      const trips = harness.roundTrips ?? (() => 0);
      const costs = async (what: string, call: () => Promise<unknown>) => {
        await call();
        const before = trips();
        await call();
        const spent = trips() - before;
        assert.ok(spent <= most, `${what} of 200 keys took ${spent} round trips, ${most} are allowed`);
        assert.ok(spent >= 1, `${what} of 200 keys took no round trip: does the harness count?`);
      };
      await costs('set', () => api.set(keys.map((name) => ({ key: name, value: '1' }))));
      await costs('get', () => api.get(keys));
      if (caps.atomic.includes('add')) await costs('add', () => api.add(keys.map((name) => ({ key: name, delta: 1 }))));
      if (caps.atomic.includes('take')) await costs('take', () => api.take(keys));
      await costs('remove', () => api.remove(keys));
    },
  },
  {
    id: 'scope/second-node-overwrites',
    title: 'reads on one node what another wrote last, with no stale copy in between',
    skip: (caps: KeyValueCaps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run({ api, open }) {
      const second = await open({ isSecondNode: true });
      for (const value of times(20, String)) {
        await api.set([{ key: 'k', value }]);
        assert.deepEqual(await second.api.get(['k']), [value]);
      }
      await second.api.remove(['k']);
      await eventually('the removal', async () => (await api.get(['k']))[0] === null, 0);
    },
  },
]);

export const keyValueCases: readonly Case<typeof KeyValue>[] = [
  ...traits,
  ...own,
  ...keyValueAtomicCases,
  ...keyValueExpiryCases,
  ...keyValueWalk,
];
