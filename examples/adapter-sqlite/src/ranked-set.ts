import { checkAborted, checkInteger, checkText, openInstance, PortError, type Provider } from 'portico/adapter';
import { type Change, type Checkpoint, RankedSet } from 'portico/ports';
import { type Boards, createBoards } from './boards.ts';
import type { Database } from './database.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const MEMBER_BYTES_MAX = 128;
const CHANGES_MAX = 5_000;
const LIMIT_MAX = 1_000;
const SPAN_MAX = 500;

export const rankedSet: Provider<typeof RankedSet, Database> = {
  port: RankedSet,
  caps: { scope: 'cluster', durable: 'disk', distinct: true, expiry: { granularityMs: 1 } },
  open: async (database, { namespace, now }) =>
    openInstance<RankedSet>(createRankedSet(database, createBoards(database, namespace, now)), {
      port: 'ranked-set',
      adapter: 'sqlite',
      health: async () => database.health(),
    }),
};

function createRankedSet(database: Database, boards: Boards): RankedSet {
  return {
    async apply(name, changes, options) {
      checkAborted(options?.signal);
      checkChanges(changes, options?.checkpoint);
      return database.writing(() => ({ applied: applyTo(boards, name, changes, options?.checkpoint) }));
    },
    async checkpoints(names, source, options) {
      checkAborted(options?.signal);
      return database.reading(() => names.map((name) => boards.checkpoint(boards.find(name), source)));
    },
    async lookup(name, members, options) {
      checkAborted(options?.signal);
      return database.reading(() => {
        const board = boards.find(name);
        return members.map((member) => boards.ranked(board, member));
      });
    },
    async range(name, { from, limit }, options) {
      checkAborted(options?.signal);
      checkInteger('from', from, 0, MOST);
      checkInteger('limit', limit, 1, LIMIT_MAX);
      return database.reading(() => boards.range(boards.find(name), from, limit));
    },
    async around(name, member, { before, after }, options) {
      checkAborted(options?.signal);
      checkInteger('before', before, 0, SPAN_MAX);
      checkInteger('after', after, 0, SPAN_MAX);
      return database.reading(() => {
        const board = boards.find(name);
        const middle = boards.ranked(board, member);
        if (middle === null) return [];
        const from = Math.max(0, middle.rank - before);
        return boards.range(board, from, middle.rank + after + 1 - from);
      });
    },
    async count(name, scores, options) {
      checkAborted(options?.signal);
      return database.reading(() => {
        const board = boards.find(name);
        return scores.map((score) => boards.count(board, score));
      });
    },
    async distinctAbove(name, scores, options) {
      checkAborted(options?.signal);
      return database.reading(() => {
        const board = boards.find(name);
        return scores.map((score) => boards.distinctAbove(board, score));
      });
    },
    async size(names, options) {
      checkAborted(options?.signal);
      return database.reading(() => names.map((name) => boards.size(boards.find(name))));
    },
    async replace(name, from) {
      database.writing(() => {
        const moved = boards.find(from);
        if (moved === null)
          throw new PortError('NOT_FOUND', 'there is no board to put in place', { port: 'ranked-set', adapter: 'sqlite' });
        if (name === from) return;
        boards.drop(name);
        boards.rename(moved, name);
      });
    },
    async drop(names) {
      return database.writing(() => names.map((name) => boards.drop(name)));
    },
    async expire(name, atMs) {
      checkInteger('atMs', atMs, -MOST, MOST);
      database.writing(() => boards.expire(name, atMs));
    },
  };
}

function applyTo(boards: Boards, name: string, changes: readonly Change[], checkpoint: Checkpoint | undefined): number {
  if (changes.length === 0 && checkpoint === undefined) return 0;
  const board = boards.findOrMake(name);
  const reached = checkpoint === undefined ? 0 : boards.checkpoint(board, checkpoint.source);
  let applied = 0;
  for (const change of changes) {
    if (checkpoint !== undefined && (change.position ?? checkpoint.position) <= reached) continue;
    applied += 1;
    if (change.op === 'remove') boards.remove(board, change.member);
    else {
      const old = boards.standing(board, change.member);
      const score = scoreAfter(change, old?.score);
      if (!Number.isSafeInteger(score)) throw invalid(`the score of a member would leave ±(2^53 - 1)`);
      if (score !== old?.score) boards.put(board, change.member, score, change.tie);
    }
  }
  if (checkpoint !== undefined && checkpoint.position > reached) boards.reach(board, checkpoint);
  return applied;
}

function scoreAfter(change: Exclude<Change, { op: 'remove' }>, old: number | undefined): number {
  if (change.op === 'add') return (old ?? 0) + change.score;
  if (old === undefined || change.op === 'set') return change.score;
  return change.op === 'max' ? Math.max(old, change.score) : Math.min(old, change.score);
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'ranked-set', adapter: 'sqlite' });

function checkChanges(changes: readonly Change[], checkpoint: Checkpoint | undefined): void {
  if (changes.length > CHANGES_MAX) throw invalid(`a call may have ${CHANGES_MAX} changes at most`);
  if (checkpoint !== undefined) checkInteger('the position of the checkpoint', checkpoint.position, 0, MOST);
  for (const change of changes) {
    checkText('member', change.member, MEMBER_BYTES_MAX);
    if (change.position !== undefined) checkInteger('position', change.position, 0, MOST);
    if (change.op === 'remove') continue;
    checkInteger('score', change.score, -MOST, MOST);
    checkInteger('tie', change.tie, 0, MOST);
  }
}
