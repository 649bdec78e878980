import assert from 'node:assert/strict';
import { EventLog } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';
import { appended, bodies, readAll } from './event-log-proof.ts';

const LONG_WINDOW_MS = 60_000;

/** Forgetting old records, and never by a silent gap. */
export const eventLogTrimCases = casesOf(EventLog)([
  {
    id: 'trim/forgets',
    title: 'forgets up to and including a position, keeps the rest, and says so in its extents',
    async run({ api }) {
      await api.declare('t', { partitions: 2 });
      await appended(
        api,
        't',
        times(10, (index) => ({ key: 'k', partition: 0, data: `${index + 1}` })),
      );
      await appended(api, 't', [{ key: 'k', partition: 1, data: 'other' }]);
      await api.trim('t', 0, { through: 4 });
      assert.deepEqual(bodies(await readAll(api, 't', 0, 4)), ['5', '6', '7', '8', '9', '10']);
      assert.deepEqual(bodies(await readAll(api, 't', 1)), ['other']);
      const extents = (await api.extents('t')).toSorted((a, b) => a.partition - b.partition);
      assert.deepEqual(extents, [
        { partition: 0, first: 5, last: 10 },
        { partition: 1, first: 1, last: 1 },
      ]);
    },
    skip: (caps) => !caps.gapless && 'positions are not known beforehand',
  },
  {
    id: 'trim/cursor-expired',
    title: 'answers a position whose successors are gone with CURSOR_EXPIRED, to read and to follow',
    async run({ api, signal }) {
      await api.declare('t', { partitions: 1 });
      const placed = await appended(
        api,
        't',
        times(10, (index) => ({ key: 'k', data: `${index}` })),
      );
      const through = placed[4]?.position ?? 0;
      await api.trim('t', 0, { through });
      for (const after of [0, placed[0]?.position ?? 0, placed[3]?.position ?? 0]) {
        await refuses('CURSOR_EXPIRED', `read after ${after}`, () => api.read('t', 0, { after, limit: 10 }));
        await refuses('CURSOR_EXPIRED', `follow after ${after}`, () =>
          api.follow('t', 0, { after, limit: 10, signal })[Symbol.asyncIterator]().next(),
        );
      }
      assert.deepEqual(bodies(await api.read('t', 0, { after: through, limit: 10 })), ['5', '6', '7', '8', '9']);
    },
  },
  {
    id: 'trim/again',
    title: 'is the same when done again, and brings nothing back when asked for less',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const placed = await appended(
        api,
        't',
        times(6, (index) => ({ key: 'k', data: `${index}` })),
      );
      const through = placed[2]?.position ?? 0;
      for (const again of [through, through, placed[0]?.position ?? 0, 0]) await api.trim('t', 0, { through: again });
      await refuses('CURSOR_EXPIRED', 'read', () => api.read('t', 0, { after: 0, limit: 10 }));
      assert.deepEqual(bodies(await api.read('t', 0, { after: through, limit: 10 })), ['3', '4', '5']);
    },
  },
  {
    id: 'trim/everything',
    title: 'counts on after everything was forgotten',
    async run({ api, caps }) {
      await api.declare('t', { partitions: 1 });
      const placed = await appended(
        api,
        't',
        times(3, (index) => ({ key: 'k', data: `${index}` })),
      );
      const last = placed[2]?.position ?? 0;
      await api.trim('t', 0, { through: last });
      assert.deepEqual(await api.extents('t'), [{ partition: 0, first: last + 1, last }]);
      assert.deepEqual(await api.read('t', 0, { after: last, limit: 10 }), []);
      await refuses('CURSOR_EXPIRED', 'read from the start', () => api.read('t', 0, { after: 0, limit: 10 }));
      const [next] = await appended(api, 't', [{ key: 'k', data: 'next' }]);
      assert.ok(next !== undefined && (caps.gapless ? next.position === last + 1 : next.position > last));
      assert.deepEqual(bodies(await api.read('t', 0, { after: last, limit: 10 })), ['next']);
    },
  },
  {
    id: 'trim/dedupe-window',
    title: 'still knows the ids of forgotten records within the window it claims',
    skip: ({ dedupe }) => (dedupe === 'retained' || dedupe.windowMs < LONG_WINDOW_MS) && 'claims no window of a minute',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const record = { key: 'k', id: 'i', data: 'd' };
      const [first] = await appended(api, 't', [record]);
      await api.trim('t', 0, { through: first?.position ?? 0 });
      assert.deepEqual(await appended(api, 't', [record]), [{ ...first, duplicate: true }]);
      assert.equal((await api.append('t', [{ ...record, data: 'other' }])).kind, 'clash');
    },
  },
]);
