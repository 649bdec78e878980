import assert from 'node:assert/strict';
import { afterAll, beforeAll, it } from 'vitest';
import { postgres } from '../../adapters/postgres/index.ts';
import { EventLog, isPortError, Relational } from '../../ports/index.ts';
import { conformance } from '../kit/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Mutant, mutantsOf } from './mutants-made.ts';

let server: PostgresServer | undefined;
const real = () => postgres({ url: server?.url ?? 'postgres://127.0.0.1:1/none' });
const log = mutantsOf(EventLog, real);
const rows = mutantsOf(Relational, real);

const MUTANTS: readonly Mutant[] = [
  log('ids that are ignored', 'dedupe/first-place', (api) => ({
    append: (topic, records, options) =>
      api.append(
        topic,
        records.map(({ key, data }) => ({ key, data })),
        options,
      ),
  })),
  log('a call appended record by record', 'clash/appends-nothing', (api) => ({
    async append(topic, records, options) {
      const results = [];
      for (const record of records) results.push(await api.append(topic, [record], options));
      const clashes = results.flatMap(({ kind }, index) => (kind === 'clash' ? [index] : []));
      if (clashes.length > 0) return { kind: 'clash', clashes };
      return { kind: 'appended', placed: results.flatMap((result) => (result.kind === 'appended' ? result.placed : [])) };
    },
  })),
  log('partitions by another hash', 'append/places', (api) => ({
    append: (topic, records, options) =>
      api.append(
        topic,
        records.map((record) => ({ ...record, partition: record.partition ?? record.key.length % 4 })),
        options,
      ),
  })),
  log('a follower that begins at the beginning', 'follow/from-a-position', (api) => ({
    follow: (topic, partition, options) => api.follow(topic, partition, { ...options, after: 0 }),
  })),
  log('a trimmed position answered with what is left', 'trim/cursor-expired', (api) => ({
    async read(topic, partition, options) {
      try {
        return await api.read(topic, partition, options);
      } catch (error) {
        if (!isPortError(error, 'CURSOR_EXPIRED')) throw error;
        const first = (await api.extents(topic)).find((extent) => extent.partition === partition)?.first ?? 1;
        return api.read(topic, partition, { ...options, after: first - 1 });
      }
    },
  })),
  log('batches larger than asked for', 'follow/catches-up-and-waits', (api) => ({
    follow: (topic, partition, options) => api.follow(topic, partition, { ...options, limit: 5_000 }),
  })),
  rows('an outbox beside the transaction', 'tx/rolls-back', (api) => ({
    tx: (fn, options) => api.tx((tx) => fn(tx, (records) => api.tx((_tx, outbox) => outbox(records))), options),
  })),
  rows('serialization failures that are not tried again', 'tx/serialization-retried', (api) => ({
    tx: (fn, options) => api.tx(fn, { ...options, retries: 0 }),
  })),
  rows('an isolation level that is ignored', 'tx/isolation-claimed', (api) => ({ tx: (fn) => api.tx(fn) })),
  rows('the newest pending records first', 'outbox/settle', (api) => ({
    pending: async (limit) => (await api.pending(1_000)).toReversed().slice(0, limit),
  })),
  rows('a relay that is woken all the time', 'until-pending/waits', () => ({ untilPending: () => Promise.resolve() })),
];

postgresSuite()('the kit notices, over PostgreSQL', () => {
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  for (const { bug, killedBy, adapter } of MUTANTS) {
    it(`${bug} (${killedBy})`, async () => {
      const found = conformance({ adapter, deadlineMs: 8_000 }).find(({ id }) => id === killedBy);
      assert.ok(found, `${killedBy} is a case`);
      await assert.rejects(found.run(), 'the mutant survives');
    });
  }
});
