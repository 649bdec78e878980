import assert from 'node:assert/strict';
import { KeyValue, type KeyValueCaps } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { eventually, refuses } from '../proof.ts';

const unlessExpiry = (caps: KeyValueCaps) => caps.expiry === undefined && 'does not claim expiry';
const unlessExpiryAnd = (act: KeyValueCaps['atomic'][number]) => (caps: KeyValueCaps) =>
  unlessExpiry(caps) || (!caps.atomic.includes(act) && `does not claim ${act}`);
const LIFE_MS = 400;
/** The engine may have its own clock and the machine other work; expiry is late by no more than this beside its granularity. */
const SLACK_MS = 1_500;
const YEAR_9999_MS = 253_370_764_800_000;
const patience = (caps: KeyValueCaps) => LIFE_MS + (caps.expiry?.granularityMs ?? 0) + SLACK_MS;

/** Absolute expiry: never sooner than asked, later by no more than the claimed granularity. */
export const keyValueExpiryCases = casesOf(KeyValue)([
  {
    id: 'expiry/ends',
    title: 'keeps a key until its instant, never shorter, and not longer than it claims',
    skip: unlessExpiry,
    async run({ api, caps }) {
      const expiresAtMs = Date.now() + LIFE_MS;
      await api.set([{ key: 'k', value: 'v', expiresAtMs }]);
      await eventually(
        'the key is gone',
        async () => {
          const [value] = await api.get(['k']);
          if (Date.now() < expiresAtMs - 5) assert.equal(value, 'v', 'it is there before its instant');
          return value === null;
        },
        patience(caps),
      );
      assert.deepEqual(await api.remove(['k']), [false]);
    },
  },
  {
    id: 'expiry/passed',
    title: 'makes a key absent at once when its instant has passed, also one that was there',
    skip: unlessExpiry,
    async run({ api }) {
      await api.set([{ key: 'there', value: 'old' }]);
      await api.set([
        { key: 'there', value: 'v', expiresAtMs: Date.now() - 60_000 },
        { key: 'fresh', value: 'v', expiresAtMs: 1 },
      ]);
      assert.deepEqual(await api.get(['there', 'fresh']), [null, null]);
      assert.deepEqual(await api.remove(['there', 'fresh']), [false, false]);
    },
  },
  {
    id: 'expiry/far',
    title: 'takes an instant far away',
    skip: unlessExpiry,
    async run({ api }) {
      const inTwoMonths = Date.now() + 60 * 86_400_000;
      await api.set([
        { key: 'a', value: 'v', expiresAtMs: inTwoMonths },
        { key: 'b', value: 'v', expiresAtMs: YEAR_9999_MS },
      ]);
      await api.get(['a', 'b']);
      assert.deepEqual(await api.get(['a', 'b']), ['v', 'v']);
    },
  },
  {
    id: 'expiry/replaced',
    title: 'forgets the instant of an older value: a key set without one stays, one set with a later one stays until then',
    skip: unlessExpiry,
    async run({ api, caps }) {
      const expiresAtMs = Date.now() + LIFE_MS;
      await api.set([
        { key: 'stays', value: 'old', expiresAtMs },
        { key: 'later', value: 'old', expiresAtMs },
        { key: 'witness', value: 'old', expiresAtMs },
      ]);
      await api.set([
        { key: 'stays', value: 'new' },
        { key: 'later', value: 'new', expiresAtMs: expiresAtMs + 60_000 },
      ]);
      await eventually('the witness is gone', async () => (await api.get(['witness']))[0] === null, patience(caps));
      assert.deepEqual(await api.get(['stays', 'later']), ['new', 'new']);
    },
  },
  {
    id: 'expiry/only-if',
    title: 'counts an ended key as absent for onlyIf',
    skip: unlessExpiryAnd('onlyIf'),
    async run({ api, caps }) {
      await api.set([{ key: 'k', value: 'v', expiresAtMs: Date.now() + LIFE_MS }]);
      await eventually('the key is gone', async () => (await api.get(['k']))[0] === null, patience(caps));
      assert.deepEqual(await api.set([{ key: 'k', value: 'no', onlyIf: 'present' }]), [false]);
      assert.deepEqual(await api.set([{ key: 'k', value: 'yes', onlyIf: 'absent' }]), [true]);
      assert.deepEqual(await api.get(['k']), ['yes']);
    },
  },
  {
    id: 'expiry/take',
    title: 'does not hand out an ended key',
    skip: unlessExpiryAnd('take'),
    async run({ api, caps }) {
      await api.set([
        { key: 'a', value: 'v', expiresAtMs: Date.now() + LIFE_MS },
        { key: 'b', value: 'v', expiresAtMs: Date.now() + LIFE_MS },
      ]);
      await eventually('the key is gone', async () => (await api.get(['a']))[0] === null, patience(caps));
      await eventually('take finds nothing', async () => (await api.take(['a']))[0] === null, 0);
    },
  },
  {
    id: 'expiry/add-keeps-the-first',
    title: 'keeps the instant a counter was created with, and counts from 0 after it',
    skip: unlessExpiryAnd('add'),
    async run({ api, caps }) {
      const expiresAtMs = Date.now() + LIFE_MS;
      await api.add([{ key: 'k', delta: 5, expiresAtMs }]);
      assert.deepEqual(await api.add([{ key: 'k', delta: 1, expiresAtMs: expiresAtMs + 600_000 }]), [6]);
      assert.deepEqual(await api.add([{ key: 'k', delta: 1 }]), [7]);
      await eventually('the counter is gone', async () => (await api.get(['k']))[0] === null, patience(caps));
      assert.deepEqual(await api.add([{ key: 'k', delta: 2, expiresAtMs: Date.now() + 600_000 }]), [2]);
    },
  },
  {
    id: 'expiry/add-to-lasting',
    title: 'does not give an instant to a counter that had none',
    skip: unlessExpiryAnd('add'),
    async run({ api }) {
      await api.set([{ key: 'k', value: '1' }]);
      assert.deepEqual(await api.add([{ key: 'k', delta: 1, expiresAtMs: Date.now() - 1_000 }]), [2]);
      assert.deepEqual(await api.get(['k']), ['2']);
    },
  },
  {
    id: 'expiry/no-instant',
    title: 'refuses an instant that is no number, and writes nothing',
    skip: unlessExpiry,
    async run({ api }) {
      for (const expiresAtMs of [Number.NaN, Infinity])
        await refuses('INVALID_ARGUMENT', `expiresAtMs ${expiresAtMs}`, () =>
          api.set([
            { key: 'good', value: 'v' },
            { key: 'k', value: 'v', expiresAtMs },
          ]),
        );
      assert.deepEqual(await api.get(['good', 'k']), [null, null]);
    },
  },
  {
    id: 'expiry/unclaimed',
    title: 'refuses expiresAtMs with UNSUPPORTED where it is not claimed, and writes nothing',
    skip: (caps) => caps.expiry !== undefined && 'claims expiry',
    async run({ api, caps }) {
      const expiresAtMs = Date.now() + 60_000;
      await refuses('UNSUPPORTED', 'set', () => api.set([{ key: 'k', value: 'v', expiresAtMs }]));
      if (caps.atomic.includes('add')) await refuses('UNSUPPORTED', 'add', () => api.add([{ key: 'k', delta: 1, expiresAtMs }]));
      assert.deepEqual(await api.get(['k']), [null]);
    },
  },
]);
