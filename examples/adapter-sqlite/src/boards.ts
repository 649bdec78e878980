import type { Checkpoint, Ranked } from 'portico/ports';
import type { Database } from './database.ts';

/** The row id of a board; null stands for one that is not there, which every question takes as empty. */
export type BoardId = number | null;
export type Boards = ReturnType<typeof createBoards>;

/**
 * Boards of one namespace as SQL. The order of a board is its index, so windows are read from it and ranks are counted along it:
 * O(log n + rank) for a rank, O(from + limit) for a window.
 */
export function createBoards({ statement }: Database, namespace: string, now: () => number) {
  const first = (text: string, ...values: (string | number | null)[]) =>
    Number(Object.values(statement(text).get(...values) ?? {})[0] ?? 0);
  const run = (text: string, ...values: (string | number | null)[]) => Number(statement(text).run(...values).changes);

  const find = (name: string): BoardId => {
    const row = statement('select id, expires_at_ms from board where namespace = ? and name = ?').get(namespace, name);
    if (row === undefined || (row['expires_at_ms'] !== null && Number(row['expires_at_ms']) <= now())) return null;
    return Number(row['id']);
  };
  const drop = (name: string): boolean => {
    const isThere = find(name) !== null;
    run('delete from board where namespace = ? and name = ?', namespace, name);
    return isThere;
  };
  const standing = (board: BoardId, member: string): { readonly score: number; readonly tie: number } | null => {
    const row = statement('select score, tie from standing where board = ? and member = ?').get(board, member);
    return row === undefined ? null : { score: Number(row['score']), tie: Number(row['tie']) };
  };
  const above = (board: BoardId, score: number) => first('select count(*) from standing where board = ? and score > ?', board, score);

  return {
    find,
    drop,
    standing,
    findOrMake(name: string): number {
      const found = find(name);
      if (found !== null) return found;
      drop(name);
      return Number(statement('insert into board (namespace, name) values (?, ?)').run(namespace, name).lastInsertRowid);
    },
    rename: (board: number, name: string) => run('update board set name = ? where id = ?', name, board),
    expire: (name: string, atMs: number) => run('update board set expires_at_ms = ? where id = ?', atMs, find(name)),
    put: (board: number, member: string, score: number, tie: number) =>
      run(
        'insert into standing values (?, ?, ?, ?) on conflict do update set score = excluded.score, tie = excluded.tie',
        board,
        member,
        score,
        tie,
      ),
    remove: (board: number, member: string) => run('delete from standing where board = ? and member = ?', board, member),
    checkpoint: (board: BoardId, source: string) => first('select position from checkpoint where board = ? and source = ?', board, source),
    reach: (board: number, { source, position }: Checkpoint) =>
      run('insert into checkpoint values (?, ?, ?) on conflict do update set position = excluded.position', board, source, position),
    size: (board: BoardId) => first('select count(*) from standing where board = ?', board),
    count: (board: BoardId, score: number) => ({
      above: above(board, score),
      at: first('select count(*) from standing where board = ? and score = ?', board, score),
    }),
    distinctAbove: (board: BoardId, score: number) =>
      first('select count(distinct score) from standing where board = ? and score > ?', board, score),
    ranked(board: BoardId, member: string): Ranked | null {
      const found = standing(board, member);
      if (found === null) return null;
      const before = 'select count(*) from standing where board = ? and score = ? and (tie, member) < (?, ?)';
      const better = above(board, found.score);
      return { member, ...found, rank: better + first(before, board, found.score, found.tie, member), above: better };
    },
    range(board: BoardId, from: number, limit: number): Ranked[] {
      const window = 'select member, score, tie from standing where board = ? order by score desc, tie, member limit ? offset ?';
      let group: { readonly score: number; readonly above: number } | undefined;
      return statement(window)
        .all(board, limit, from)
        .map((row, index) => {
          const score = Number(row['score']);
          if (group?.score !== score) group = { score, above: index === 0 ? above(board, score) : from + index };
          return { member: String(row['member']), score, tie: Number(row['tie']), rank: from + index, above: group.above };
        });
    },
  };
}
