import assert from 'node:assert/strict';
import { EventLog, type LogRecord, type NewRecord, partitionOf } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { eventually, times } from '../proof.ts';
import { appended, assertInOrder, bodies, readAll } from './event-log-proof.ts';

/** Many writers, and a seeded walk. */
export const eventLogConcurrencyCases = casesOf(EventLog)([
  {
    id: 'concurrency/40-appenders',
    title: 'shows a follower everything that 40 appenders write, once, in one order, each key in the order of its writer',
    async run({ api, caps, open, signal }) {
      await api.declare('t', { partitions: 2 });
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      const seen: LogRecord[][] = [[], []];
      for (const partition of [0, 1]) {
        const reading = (async () => {
          for await (const batch of api.follow('t', partition, { after: 0, limit: 50, signal })) seen[partition]?.push(...batch);
        })();
        reading.catch(() => undefined);
      }
      await appended(api, 't', [{ key: 'taken', id: 'taken', data: 'first' }]);
      const writer = async (name: number) => {
        const through = name % 2 === 0 ? api : second;
        for (let number = 0; number < 10; number++) {
          const records = times(1 + (number % 3), (index) => ({ key: `w${name}`, data: `${name}:${number}.${index}` }));
          await appended(through, 't', records);
          if (number === 5) await through.append('t', [{ key: 'taken', id: 'taken', data: `clash ${name}` }]);
        }
      };
      await Promise.all(times(40, writer));
      const total = 40 * times(10, (number) => 1 + (number % 3)).reduce((a, b) => a + b) + 1;
      await eventually('the followers saw everything', () => (seen[0]?.length ?? 0) + (seen[1]?.length ?? 0) >= total, 15_000);
      for (const partition of [0, 1]) {
        const followed = seen[partition] ?? [];
        assertInOrder(followed, caps.gapless, `partition ${partition}`);
        assert.deepEqual(followed, await readAll(api, 't', partition), 'followed and read are the same');
        for (const name of times(40, (index) => index)) {
          const own = bodies(followed).filter((data) => data.startsWith(`${name}:`));
          const wanted =
            partitionOf(`w${name}`, 2) === partition
              ? times(10, (number) => times(1 + (number % 3), (index) => `${name}:${number}.${index}`)).flat()
              : [];
          assert.deepEqual(own, wanted, `writer ${name}`);
        }
      }
    },
  },
  {
    id: 'concurrency/atomic-batches',
    title: 'keeps the records of one call together in their order, though others append at once',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      await Promise.all(
        times(30, (name) =>
          appended(
            api,
            't',
            times(10, (index) => ({ key: `k${index}`, data: `${name}.${index}` })),
          ),
        ),
      );
      const held = bodies(await readAll(api, 't', 0));
      assert.equal(held.length, 300);
      for (const name of times(30, String))
        assert.deepEqual(
          held.filter((data) => data.startsWith(`${name}.`)),
          times(10, (index) => `${name}.${index}`),
        );
    },
  },
  {
    id: 'model/walk',
    title: 'gives the answers of plain arrays over a random walk of appends with new, repeated and clashing ids',
    async run({ api, random }) {
      const partitions = 3;
      await api.declare('t', { partitions });
      const model: { readonly id: string | undefined; readonly data: string }[][] = [[], [], []];
      for (let step = 0; step < 80; step++) {
        const records = times(random.integer(1, 5), (): NewRecord => {
          const key = `k${random.integer(0, 5)}`;
          const data = `${random.integer(0, 1)}`;
          return random.chance(0.7) ? { key, id: `i${random.integer(0, 60)}`, data: random.chance(0.9) ? '0' : data } : { key, data };
        });
        const draft = model.map((held) => [...held]);
        const places: { partition: number; index: number; duplicate: boolean }[] = [];
        const standing: number[] = [];
        let hasClash = false;
        records.forEach(({ key, id, data }, index) => {
          const partition = partitionOf(key, partitions);
          const held = draft[partition] ?? [];
          const found = id === undefined ? -1 : held.findIndex((record) => record.id === id);
          if (found >= 0 && held[found]?.data !== data) {
            hasClash = true;
            if (found < (model[partition]?.length ?? 0)) standing.push(index);
          } else if (found >= 0) places.push({ partition, index: found, duplicate: true });
          else {
            places.push({ partition, index: held.length, duplicate: false });
            held.push({ id, data });
          }
        });
        const result = await api.append('t', records);
        assert.equal(result.kind, hasClash ? 'clash' : 'appended', `step ${step}`);
        if (result.kind === 'clash') {
          for (const index of standing) assert.ok(result.clashes.includes(index), `step ${step}: index ${index} clashes`);
          continue;
        }
        model.splice(0, partitions, ...draft);
        assert.deepEqual(
          result.placed.map(({ partition, duplicate }) => ({ partition, duplicate })),
          places.map(({ partition, duplicate }) => ({ partition, duplicate })),
        );
      }
      for (const partition of [0, 1, 2])
        assert.deepEqual(
          bodies(await readAll(api, 't', partition)),
          model[partition]?.map(({ data }) => data),
        );
    },
  },
]);
