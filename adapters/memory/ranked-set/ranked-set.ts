import { type Provider, RankedSet, type RankedSetCaps } from '../../../ports/index.ts';
import { checkAborted, checkInteger, checkText, PortError } from '../../kit/index.ts';
import type { Spaces } from '../spaces.ts';
import { type Boards, createBoards } from './boards.ts';
import { checkChanges, checkMember } from './change-bounds.ts';

const BOARD_BYTES_MAX = 512;
const SOURCE_BYTES_MAX = 512;
const WINDOW_MAX = 1000;
const SPAN_MAX = 500;
const MAX = Number.MAX_SAFE_INTEGER;

const caps: RankedSetCaps = { scope: 'process', durable: 'none', distinct: true, expiry: { granularityMs: 1 } };

/** Every verb does its whole work in one turn of the process, so each is atomic and each answer is one view of the board. */
export const rankedSet: Provider<typeof RankedSet, Spaces> = {
  port: RankedSet,
  caps,
  async open(spaces, context) {
    const boards = spaces.of('ranked-set', context.namespace, context.now, createBoards);
    return spaces.instance('ranked-set', createRankedSet(boards));
  },
};

function createRankedSet(boards: Boards): RankedSet {
  const find = (name: string, signal?: AbortSignal) => {
    checkAborted(signal);
    checkBoard(name);
    return boards.find(name);
  };
  return {
    async apply(name, changes, { checkpoint, signal } = {}) {
      checkAborted(signal);
      checkBoard(name);
      checkChanges(changes);
      if (checkpoint !== undefined) {
        checkText('source', checkpoint.source, SOURCE_BYTES_MAX);
        checkInteger('position', checkpoint.position, 0, MAX);
      }
      if (changes.length === 0 && checkpoint === undefined) return { applied: 0 };
      const existing = boards.find(name);
      if (existing !== undefined) return { applied: existing.apply(changes, checkpoint) };
      try {
        return { applied: boards.ensure(name).apply(changes, checkpoint) };
      } catch (error) {
        boards.drop(name);
        throw error;
      }
    },
    async checkpoints(names, source, { signal } = {}) {
      checkText('source', source, SOURCE_BYTES_MAX);
      return names.map((name) => find(name, signal)?.checkpoint(source) ?? 0);
    },
    async lookup(name, members, { signal } = {}) {
      const board = find(name, signal);
      members.forEach(checkMember);
      return members.map((member) => board?.lookup(member) ?? null);
    },
    async range(name, { from, limit }, { signal } = {}) {
      checkInteger('from', from, 0, MAX);
      checkInteger('limit', limit, 1, WINDOW_MAX);
      return find(name, signal)?.range(from, limit) ?? [];
    },
    async around(name, member, { before, after }, { signal } = {}) {
      checkMember(member);
      checkInteger('before', before, 0, SPAN_MAX);
      checkInteger('after', after, 0, SPAN_MAX);
      return find(name, signal)?.around(member, before, after) ?? [];
    },
    async count(name, scores, { signal } = {}) {
      const board = find(name, signal);
      scores.forEach(checkScore);
      return scores.map((score) => board?.count(score) ?? { above: 0, at: 0 });
    },
    async distinctAbove(name, scores, { signal } = {}) {
      const board = find(name, signal);
      scores.forEach(checkScore);
      return scores.map((score) => board?.distinctAbove(score) ?? 0);
    },
    async size(names, { signal } = {}) {
      return names.map((name) => find(name, signal)?.size ?? 0);
    },
    async replace(name, from) {
      checkBoard(name);
      checkBoard(from);
      if (!boards.replace(name, from))
        throw new PortError('NOT_FOUND', `there is no board ${from}`, { port: 'ranked-set', adapter: 'memory' });
    },
    async drop(names) {
      names.forEach(checkBoard);
      return names.map((name) => boards.drop(name));
    },
    async expire(name, atMs) {
      checkBoard(name);
      checkInteger('atMs', atMs, 0, MAX);
      boards.expire(name, atMs);
    },
  };
}

const checkBoard = (name: string): void => checkText('board', name, BOARD_BYTES_MAX);

const checkScore = (score: number): void => checkInteger('score', score, -MAX, MAX);
