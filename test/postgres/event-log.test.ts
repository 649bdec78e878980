import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EventLog, isPortError, type LogRecord } from '../../ports/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Node, openNode, until } from './opened.ts';

postgresSuite()('the event log on Postgres', () => {
  let server: PostgresServer;
  let one: Node;
  let two: Node;
  beforeAll(async () => {
    server = await startPostgres();
    [one, two] = await Promise.all([openNode(server.url), openNode(server.url)]);
  }, 30_000);
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await server.stop();
  });

  it('gives every call of a shared write its own outcome: one clashes, one repeats, the others are appended', async () => {
    await one.log.declare('shared', { partitions: 4 });
    await one.log.append('shared', [{ key: 'k', id: 'stands', data: 'first' }]);
    const calls = [
      one.log.append('shared', [{ key: 'k', id: 'a', data: 'a' }]),
      one.log.append('shared', [
        { key: 'k', id: 'never', data: 'never' },
        { key: 'k', id: 'stands', data: 'other' },
      ]),
      one.log.append('shared', [{ key: 'k', id: 'stands', data: 'first' }]),
      one.log.append('shared', [
        { key: 'k', id: 'twice', data: 'b' },
        { key: 'k', id: 'twice', data: 'b' },
        { key: 'k', data: 'c' },
      ]),
      one.log.append('shared', [{ key: 'k', id: 'a', data: 'a' }]),
      one.log.append('shared', [
        { key: 'k', id: 'x', data: 'x' },
        { key: 'k', id: 'x', data: 'not x' },
      ]),
    ];
    const outcomes = (await Promise.all(calls)).map((result) =>
      result.kind === 'clash' ? result.clashes : result.placed.map(({ position, duplicate }) => `${position}${duplicate ? ' again' : ''}`),
    );
    expect(outcomes).toEqual([['2'], [1], ['1 again'], ['3', '3 again', '4'], ['2 again'], [1]]);
    const records = await readAll(one.log, 'shared', 4);
    expect(records.flat().map(({ data }) => data)).toEqual(['first', 'a', 'b', 'c']);
  });

  it('stays gapless and in one order when two nodes append to the same partitions at once', async () => {
    await one.log.declare('both', { partitions: 3 });
    const writers = [one, two].flatMap((node, side) =>
      Array.from({ length: 20 }, async (_, writer) => {
        for (let turn = 0; turn < 10; turn++) {
          const id = `${side}-${writer}-${turn}`;
          await node.log.append('both', [
            { key: id, id, data: id },
            { key: `${id}'`, data: `${turn}` },
          ]);
        }
      }),
    );
    await Promise.all(writers);
    const partitions = await readAll(two.log, 'both', 3);
    expect(partitions.flat()).toHaveLength(2 * 20 * 10 * 2);
    for (const records of partitions) {
      expect(records.map(({ position }) => position)).toEqual(records.map((_, index) => index + 1));
      const instants = records.map(({ atMs }) => atMs);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    }
  });

  it('has every acknowledged record once, without a gap, after the server was killed five times while two nodes appended and followed', async () => {
    await one.log.declare('killed', { partitions: 2 });
    const acknowledged = new Set<string>();
    const stop = new AbortController();
    const seen: LogRecord[][] = [[], []];
    const followers = [0, 1].map(async (partition) => {
      for await (const batch of two.log.follow('killed', partition, { after: 0, limit: 500, signal: stop.signal }))
        seen[partition]?.push(...batch);
    });
    let isOver = false;
    const writers = [one, two].flatMap((node, side) =>
      Array.from({ length: 8 }, async (_, writer) => {
        for (let turn = 0; !isOver; turn++) await appendUntilTaken(node.log, `${side}-${writer}-${turn}`, acknowledged);
      }),
    );
    for (let kill = 0; kill < 5; kill++) {
      const before = acknowledged.size;
      await until('appends go on', () => acknowledged.size > before + 200);
      await server.kill9();
      await server.restart();
    }
    isOver = true;
    await Promise.all(writers);

    const partitions = await readAll(one.log, 'killed', 2);
    for (const records of partitions) expect(records.map(({ position }) => position)).toEqual(records.map((_, index) => index + 1));
    const stored = partitions.flat().map(({ data }) => data);
    expect(new Set(stored).size).toBe(stored.length);
    expect([...acknowledged].filter((id) => !stored.includes(id))).toEqual([]);
    await until('the followers have it all', () => seen.flat().length >= stored.length);
    stop.abort();
    await Promise.all(followers);
    expect(seen).toEqual(partitions);
  }, 60_000);

  it('refuses a follower that begins in what was trimmed, and goes on from the first record held', async () => {
    await one.log.declare('trimmed', { partitions: 1 });
    await one.log.append(
      'trimmed',
      Array.from({ length: 5 }, (_, n) => ({ key: 'k', id: `${n}`, data: `${n}` })),
    );
    await one.log.trim('trimmed', 0, { through: 3 });
    await expect(two.log.read('trimmed', 0, { after: 2, limit: 10 })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect((await two.log.read('trimmed', 0, { after: 3, limit: 10 })).map(({ position }) => position)).toEqual([4, 5]);
  });
});

/** The caller's part of the bargain: the same id again until the log has answered. */
async function appendUntilTaken(log: EventLog, id: string, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    try {
      await log.append('killed', [{ key: id, id, data: id }]);
      acknowledged.add(id);
      return;
    } catch (error) {
      if (!isPortError(error, 'UNAVAILABLE')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function readAll(log: EventLog, topic: string, partitions: number): Promise<LogRecord[][]> {
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const records: LogRecord[] = [];
      for (;;) {
        const batch = await log.read(topic, partition, { after: records.at(-1)?.position ?? 0, limit: 1000 });
        if (batch.length === 0) return records;
        records.push(...batch);
      }
    }),
  );
}
