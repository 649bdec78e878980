import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import type { Board, Sharding } from '../../plugins/leaderboard/board.ts';
import { shardNames, shardOf } from '../../plugins/leaderboard/hot-names.ts';
import { createHotReads, type HotReads } from '../../plugins/leaderboard/hot-reads.ts';
import { toRanked } from '../../plugins/leaderboard/hot-sink.ts';
import { createHotState } from '../../plugins/leaderboard/hot-state.ts';
import type { PlacedEntry } from '../../plugins/leaderboard/view.ts';
import type { RankedSet } from '../../ports/index.ts';
import { SILENT_LOG } from './house.ts';

const SEASON = 'all';
const SEED = 20261122;

type Row = { readonly member: string; readonly score: number; readonly tie: number };

describe('a board in shards', () => {
  let ranked: RankedSet;
  let reads: HotReads;
  const stop = new AbortController();
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    const { connect, provides } = memory();
    const log = { info: () => undefined, warn: () => undefined };
    const connection = await connect({ signal: stop.signal, log, now: () => Date.now() });
    const instance = await provides.rankedSet.open(connection.conn, { namespace: 'shards', signal: stop.signal, now: () => Date.now() });
    ranked = instance.api;
    reads = createHotReads(ranked, createHotState(ranked, 1, { log: SILENT_LOG }));
    close = () => instance.close().then(() => connection.close());
  });
  afterAll(async () => {
    stop.abort();
    await close();
  });

  const fill = async (board: Board, rows: readonly Row[]) => {
    const names = shardNames(1, board, SEASON);
    await ranked.drop(names);
    for (const { member, score, tie } of rows) {
      const name = names[shardOf(board.sharding, member, score)] ?? '';
      await ranked.apply(name, [{ op: 'set', member, score: toRanked(board, score), tie }]);
    }
  };

  /** Everything a board can be asked, as text. */
  const answers = async (board: Board, rows: readonly Row[]) => {
    const members = [...rows.map((row) => row.member), 'nobody'];
    const pages: (readonly PlacedEntry[])[] = [];
    for (const toward of ['after', 'before'] as const) {
      let from: PlacedEntry | null = null;
      for (let step = 0; step < 12; step++) {
        const { entries } = await reads.page(board, SEASON, { toward, from, limit: 4 });
        pages.push(entries);
        from = (toward === 'after' ? entries.at(-1) : entries[0]) ?? null;
        if (from === null) break;
      }
    }
    return {
      lookup: await reads.lookup(board, SEASON, members),
      window: await reads.window(board, SEASON, 2, 9),
      pages,
      around: await Promise.all(members.map((member) => reads.around(board, SEASON, member, { above: 3, below: 2 }))),
      ranks: await Promise.all([0, 3, 7, 40].map((score) => reads.rankOfScore(board, SEASON, score))),
      counts: await Promise.all([0, 3, 7, 40].map((score) => reads.count(board, SEASON, score))),
      size: await reads.size(board, SEASON),
    };
  };

  const boardOf = (id: string, sharding: Sharding, rules: Pick<Board, 'ties' | 'direction'>): Board => ({
    id,
    name: id,
    operator: 'SET',
    period: { kind: 'ALL_TIME' },
    createdAtMs: 0,
    sharding,
    ...rules,
  });

  const rowsOf = fc.uniqueArray(
    fc.record({
      member: fc.stringMatching(/^[a-zé😀]{1,3}$/u),
      score: fc.integer({ min: 0, max: 12 }),
      tie: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: (row) => row.member, maxLength: 30 },
  );
  const rules = fc.record({
    ties: fc.constantFrom('UNIQUE_FIRST_REACHED' as const, 'COMPETITION' as const, 'DENSE' as const),
    direction: fc.constantFrom('DESC' as const, 'ASC' as const),
  });

  it('[LB-30] hash parts answer exactly like one board', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, rules, fc.integer({ min: 2, max: 5 }), async (rows, rule, parts) => {
        fc.pre(rule.ties !== 'DENSE');
        const one = boardOf('one', { kind: 'HASH', parts: 1 }, rule);
        const many = boardOf('many', { kind: 'HASH', parts }, rule);
        await fill(one, rows);
        await fill(many, rows);
        expect(await answers(many, rows)).toEqual(await answers(one, rows));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('[LB-31] score ranges answer exactly like one board, dense ranks too', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf,
        rules,
        fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        async (rows, rule, cuts) => {
          const one = boardOf('one', { kind: 'HASH', parts: 1 }, rule);
          const many = boardOf('many', { kind: 'RANGES', from: [...cuts].sort((a, b) => a - b) }, rule);
          await fill(one, rows);
          await fill(many, rows);
          expect(await answers(many, rows)).toEqual(await answers(one, rows));
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('[LB-30] thousands of equal scores over parts keep exact places', async () => {
    const rule = { ties: 'UNIQUE_FIRST_REACHED', direction: 'DESC' } as const;
    const rows = Array.from({ length: 2_000 }, (_, at) => ({ member: `m${at}`, score: 5, tie: (at * 7919) % 613 }));
    const one = boardOf('one', { kind: 'HASH', parts: 1 }, rule);
    const many = boardOf('many', { kind: 'HASH', parts: 3 }, rule);
    await fill(one, rows);
    await fill(many, rows);
    const members = rows.filter((_, at) => at % 50 === 0).map((row) => row.member);
    expect(await reads.lookup(many, SEASON, members)).toEqual(await reads.lookup(one, SEASON, members));
    expect(await reads.around(many, SEASON, 'm1234', { above: 20, below: 20 })).toEqual(
      await reads.around(one, SEASON, 'm1234', { above: 20, below: 20 }),
    );
  });
});
