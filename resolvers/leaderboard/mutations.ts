import type { Period } from '../../plugins/leaderboard/board.ts';
import type { BoardInput } from '../../plugins/leaderboard/create-board.ts';
import type { Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { Builder } from '../../schema/builder.ts';
import type { LeaderboardRefs } from '../../schema/leaderboard/schema.ts';

const DEFAULT_BOARD = 'default';

/** Scores come from game servers, boards from administrators; players change nothing. */
export function leaderboardMutations(builder: Builder, refs: LeaderboardRefs, service: Leaderboards): void {
  builder.mutationFields((t) => ({
    recordMatch: t.field({
      type: refs.RecordMatchResult,
      description: 'Takes the results of a match. Only for game servers: needs the scope scores:write.',
      authScopes: { scope: 'scores:write' },
      args: { input: t.arg({ type: refs.RecordMatchInput, required: true, description: 'The match.' }) },
      resolve: (_root, { input }, { signal }) => service.recordMatch(matchInput(input), { signal }),
    }),
    recordScore: t.field({
      type: refs.RecordMatchResult,
      description: 'One player’s points, answered when the board shows them. Needs the scope scores:write.',
      authScopes: { scope: 'scores:write' },
      args: {
        userId: t.arg.id({ required: true, description: '1 to 128 bytes.' }),
        points: t.arg({ type: 'SafeInt', required: true, description: 'A whole number from 0 to 2^53 - 1.' }),
        matchId: t.arg.id({ description: 'Counted once per match and player. Left out: every request counts.' }),
        boardId: t.arg.id({ description: 'Default `default`.' }),
      },
      resolve: (_root, { userId, points, matchId, boardId }, { signal }) =>
        service.recordScore({ userId, points, matchId: matchId ?? null, boardId: boardId ?? DEFAULT_BOARD }, { signal }),
    }),
    createBoard: t.field({
      type: refs.CreateBoardResult,
      description: 'Defines a board; the same definition again is the same board. Needs the scope boards:admin.',
      authScopes: { scope: 'boards:admin' },
      args: { input: t.arg({ type: refs.CreateBoardInput, required: true, description: 'The definition.' }) },
      resolve: async (_root, { input }) => {
        const outcome = await service.createBoard(boardInput(input));
        if (outcome.kind !== 'created') return outcome;
        const at = await service.open(outcome.board.id);
        if (at === null) throw new Error(`board ${outcome.board.id} was created and is not there`);
        return { ...outcome, at };
      },
    }),
    sealSeason: t.field({
      type: refs.SealSeasonResult,
      description: 'Ends a season now and writes its final ranks. Needs the scope boards:admin.',
      authScopes: { scope: 'boards:admin' },
      args: {
        boardId: t.arg.id({ required: true, description: 'The board.' }),
        seasonId: t.arg.id({ description: 'Left out: the season of now.' }),
      },
      resolve: (_root, { boardId, seasonId }, { signal }) => service.sealSeason(boardId, seasonId ?? null, { signal }),
    }),
    removePlayer: t.field({
      type: refs.RemovePlayerResult,
      description: 'Takes a player off the open seasons of a board, or of all. Needs the scope boards:admin.',
      authScopes: { scope: 'boards:admin' },
      args: {
        userId: t.arg.id({ required: true, description: 'The player.' }),
        boardId: t.arg.id({ description: 'Left out: all boards.' }),
      },
      resolve: (_root, { userId, boardId }, { signal }) => service.removePlayer(userId, boardId ?? null, { signal }),
    }),
    rebuildBoards: t.field({
      type: 'SafeInt',
      description:
        'Builds the hot boards again from the record, beside the live ones, and swaps. Answers the standings written. Needs the scope boards:admin.',
      authScopes: { scope: 'boards:admin' },
      extensions: { cost: 1_000 },
      resolve: (_root, _args, { signal }) => service.rebuild({ signal }),
    }),
  }));
}

type Maybe<T> = T | null | undefined;

const matchInput = (input: {
  readonly boardId?: Maybe<string>;
  readonly matchId: string;
  readonly occurredAt?: Maybe<number>;
  readonly results: readonly { readonly userId: string; readonly points: number }[];
  readonly waitForRank?: Maybe<boolean>;
}) => ({
  matchId: input.matchId,
  results: input.results,
  ...(input.boardId == null ? {} : { boardId: input.boardId }),
  ...(input.occurredAt == null ? {} : { occurredAtMs: input.occurredAt }),
  ...(input.waitForRank == null ? {} : { waitForRank: input.waitForRank }),
});

interface BoardFields {
  readonly id: string;
  readonly name: string;
  readonly operator?: Maybe<BoardInput['operator']>;
  readonly direction?: Maybe<BoardInput['direction']>;
  readonly ties?: Maybe<BoardInput['ties']>;
  readonly period?: Maybe<PeriodFields>;
  readonly hashParts?: Maybe<number>;
  readonly scoreRanges?: Maybe<readonly number[]>;
}

interface PeriodFields {
  readonly kind: Period['kind'];
  readonly timeZone?: Maybe<string>;
  readonly startsAt?: Maybe<number>;
  readonly endsAt?: Maybe<number>;
}

function boardInput({ id, name, operator, direction, ties, period, hashParts, scoreRanges }: BoardFields): BoardInput {
  return {
    id,
    name,
    ...(operator == null ? {} : { operator }),
    ...(direction == null ? {} : { direction }),
    ...(ties == null ? {} : { ties }),
    ...(period == null ? {} : { period: periodOf(period) }),
    ...(hashParts == null ? {} : { hashParts }),
    ...(scoreRanges == null ? {} : { scoreRanges }),
  };
}

/** An EXACT period without both ends becomes an empty one, which the service refuses by name. */
function periodOf({ kind, timeZone, startsAt, endsAt }: PeriodFields): Period {
  if (kind === 'ALL_TIME') return { kind };
  return kind === 'EXACT' ? { kind, startsAtMs: startsAt ?? 0, endsAtMs: endsAt ?? 0 } : { kind, timeZone: timeZone ?? 'UTC' };
}
