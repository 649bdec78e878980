import { type Refusal, refuse } from '../kernel/index.ts';
import { BOARD_ID, type Board, type Direction, type Operator, type Period, SCORE_MAX, type Sharding, type TieRule } from './board.ts';
import type { LeaderboardContext, Machinery } from './machinery.ts';
import { isTimeZone } from './periods.ts';

export interface BoardInput {
  readonly id: string;
  readonly name: string;
  /** Default SUM. */
  readonly operator?: Operator;
  /** Default DESC. */
  readonly direction?: Direction;
  /** Default UNIQUE_FIRST_REACHED. */
  readonly ties?: TieRule;
  /** Default ALL_TIME. */
  readonly period?: Period;
  /** Parts by player; default 1. */
  readonly hashParts?: number;
  /** Instead: where score ranges after the first begin. */
  readonly scoreRanges?: readonly number[];
}

export type CreateBoardOutcome = { readonly kind: 'created'; readonly board: Board } | Refusal<'invalid-argument' | 'conflict'>;

export const NAME_MAX = 80;
export const PARTS_MAX = 64;

/** The same definition again is the same board; another one under the same id is a conflict. */
export function createBoardOpener(context: LeaderboardContext, { boards }: Pick<Machinery, 'boards'>) {
  return async (input: BoardInput): Promise<CreateBoardOutcome> => {
    if (input.hashParts !== undefined && input.scoreRanges !== undefined) {
      return refuse('invalid-argument', 'scoreRanges', 'must be left out where hashParts is given');
    }
    const board: Board = {
      id: input.id,
      name: input.name,
      operator: input.operator ?? 'SUM',
      direction: input.direction ?? 'DESC',
      ties: input.ties ?? 'UNIQUE_FIRST_REACHED',
      period: input.period ?? { kind: 'ALL_TIME' },
      sharding: shardingOf(input),
      createdAtMs: context.clock.now(),
    };
    const refusal = checkBoard(board);
    if (refusal !== null) return refusal;
    const there = await boards.find(board.id);
    if (there === null && boards.known().length >= context.options.boardsMax) {
      return refuse('conflict', 'id', `there are ${context.options.boardsMax} boards already`);
    }
    if (there === null && (await boards.create(board))) return { kind: 'created', board };
    if (there === null) await boards.reload();
    const standing = there ?? (await boards.find(board.id));
    if (standing !== null && isSameDefinition(standing, board)) return { kind: 'created', board: standing };
    return refuse('conflict', 'id', `board ${board.id} exists with another definition`);
  };
}

const shardingOf = ({ hashParts = 1, scoreRanges }: BoardInput): Sharding =>
  scoreRanges === undefined ? { kind: 'HASH', parts: hashParts } : { kind: 'RANGES', from: scoreRanges };

function checkBoard({ id, name, period, sharding, ties }: Board): Refusal<'invalid-argument'> | null {
  const invalid = (field: string, message: string) => refuse('invalid-argument', field, message);
  if (!BOARD_ID.test(id)) return invalid('id', 'must be 1 to 40 of a-z, 0-9 and -, not beginning with -');
  if (name.length < 1 || name.length > NAME_MAX || !name.isWellFormed() || name.includes('\0')) {
    return invalid('name', `must be 1 to ${NAME_MAX} characters`);
  }
  if (period.kind === 'EXACT') {
    if (!(period.startsAtMs < period.endsAtMs)) return invalid('period.endsAt', 'must be after startsAt');
  } else if (period.kind !== 'ALL_TIME' && !isTimeZone(period.timeZone)) {
    return invalid('period.timeZone', 'must be a time zone such as Europe/Berlin');
  }
  if (sharding.kind === 'HASH') {
    if (!Number.isInteger(sharding.parts) || sharding.parts < 1 || sharding.parts > PARTS_MAX) {
      return invalid('hashParts', `must be 1 to ${PARTS_MAX}`);
    }
    // Players with the same score lie in several parts, so distinct scores do not add up.
    if (ties === 'DENSE' && sharding.parts > 1) return invalid('hashParts', 'must be 1 with DENSE ranks; score ranges do');
    return null;
  }
  const { from } = sharding;
  if (from.length < 1 || from.length >= PARTS_MAX) return invalid('scoreRanges', `must be 1 to ${PARTS_MAX - 1} scores`);
  const isRising = from.every((score, at) => Number.isSafeInteger(score) && score > (from[at - 1] ?? -1) && score <= SCORE_MAX);
  return isRising ? null : invalid('scoreRanges', 'must be whole scores, each higher than the one before');
}

const isSameDefinition = (a: Board, b: Board): boolean => definition(a) === definition(b);

/** Field by field, since Postgres does not keep the order of keys. */
function definition({ name, operator, direction, ties, period, sharding }: Board): string {
  const time = period.kind === 'ALL_TIME' ? [] : period.kind === 'EXACT' ? [period.startsAtMs, period.endsAtMs] : [period.timeZone];
  const shards = sharding.kind === 'HASH' ? [sharding.parts] : sharding.from;
  return JSON.stringify([name, operator, direction, ties, period.kind, time, sharding.kind, shards]);
}
