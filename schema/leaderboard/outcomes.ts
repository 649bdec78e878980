import type { Refusal } from '../../plugins/kernel/index.ts';
import type { CreateBoardOutcome } from '../../plugins/leaderboard/create-board.ts';
import type { MatchRecorded, MatchResultEntry, RecordMatchOutcome } from '../../plugins/leaderboard/record-match.ts';
import type { RemoveOutcome } from '../../plugins/leaderboard/remove-player.ts';
import type { SealOutcome } from '../../plugins/leaderboard/sealing.ts';
import type { BoardSeason } from '../../plugins/leaderboard/service.ts';
import type { Builder } from '../builder.ts';
import { refusalTypeName } from '../refusals.ts';
import { sharedRef } from '../shared.ts';
import type { boardTypes } from './boards.ts';
import type { EntryRef } from './entries.ts';

export type BoardCreated = Extract<CreateBoardOutcome, { kind: 'created' }> & { readonly at: BoardSeason };
export type SeasonSealed = Extract<SealOutcome, { kind: 'sealed' | 'sealing' }>;
export type PlayerRemoved = Extract<RemoveOutcome, { kind: 'removed' }>;
/** Every outcome of a mutation that is no refusal. */
type Done = BoardCreated | SeasonSealed | PlayerRemoved | MatchRecorded;

const NAMES = {
  recorded: 'MatchRecorded',
  created: 'BoardCreated',
  sealed: 'SeasonSealed',
  sealing: 'SeasonSealed',
  removed: 'PlayerRemoved',
} satisfies Record<Done['kind'], string>;

/** What mutations answer: done, or why not. */
export function outcomeTypes(
  builder: Builder,
  entry: EntryRef,
  boards: ReturnType<typeof boardTypes>,
  Leaderboard: ReturnType<typeof sharedRef<BoardSeason>>,
) {
  const InvalidArgument = sharedRef<Refusal<'invalid-argument'>>(builder, 'InvalidArgument');
  const NotFound = sharedRef<Refusal<'not-found'>>(builder, 'NotFound');
  const Conflict = sharedRef<Refusal<'conflict'>>(builder, 'Conflict');
  const Closed = sharedRef<Refusal<'closed'>>(builder, 'Closed');
  const resolveType = (value: Done | Refusal) =>
    value.kind in NAMES ? NAMES[value.kind as Done['kind']] : refusalTypeName((value as Refusal).kind);

  const BoardCreated = builder.objectRef<BoardCreated>('BoardCreated').implement({
    description: 'The board exists with this definition.',
    fields: (t) => ({ leaderboard: t.expose('at', { type: Leaderboard, description: 'In its season of now.' }) }),
  });
  const SeasonSealed = builder.objectRef<SeasonSealed>('SeasonSealed').implement({
    description: 'The season takes no more results.',
    fields: (t) => ({
      boardId: t.exposeID('boardId', { description: 'The board.' }),
      seasonId: t.id({ description: 'The season.', resolve: ({ season }) => season.id }),
      isSealed: t.boolean({ description: 'The final ranks are written; false: they follow.', resolve: ({ kind }) => kind === 'sealed' }),
      players: t.field({ type: 'SafeInt', nullable: true, description: 'With a final rank.', resolve: ({ season }) => season.players }),
    }),
  });
  const PlayerRemoved = builder.objectRef<PlayerRemoved>('PlayerRemoved').implement({
    description: 'The player is off the open boards; sealed seasons keep their history.',
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'The player.' }),
      boardIds: t.field({
        type: ['ID'],
        description: 'Boards it was asked of.',
        resolve: ({ seasons }) => [...new Set(seasons.map((one) => one.boardId))],
      }),
      applied: t.exposeBoolean('applied', { description: 'The boards show it already.' }),
    }),
  });
  return {
    BoardCreated,
    CreateBoardResult: builder.unionType('CreateBoardResult', {
      description: 'Created, or why not.',
      types: [BoardCreated, InvalidArgument, Conflict],
      resolveType,
    }),
    SealSeasonResult: builder.unionType('SealSeasonResult', {
      description: 'Sealed, or why not.',
      types: [SeasonSealed, NotFound],
      resolveType,
    }),
    RemovePlayerResult: builder.unionType('RemovePlayerResult', {
      description: 'Removed, or why not.',
      types: [PlayerRemoved, InvalidArgument, NotFound],
      resolveType,
    }),
    RecordMatchResult: builder.unionType('RecordMatchResult', {
      description: 'Recorded, or why not.',
      types: [matchRecorded(builder, entry), InvalidArgument, NotFound, Conflict, Closed],
      resolveType: (value: RecordMatchOutcome) => resolveType(value),
    }),
    ...inputTypes(builder, boards),
  };
}

function matchRecorded(builder: Builder, LeaderboardEntry: EntryRef) {
  const RecordedResult = builder.objectRef<MatchResultEntry & { readonly at: BoardSeason }>('RecordedResult').implement({
    description: 'One player’s part in a recorded match.',
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'The player.' }),
      points: t.expose('points', { type: 'SafeInt', description: 'As they were sent.' }),
      entry: t.field({
        type: LeaderboardEntry,
        nullable: true,
        description: 'The player’s place now; null unless it was waited for.',
        resolve: ({ entry, at }) => entry && { ...entry, at },
      }),
    }),
  });
  return builder.objectRef<MatchRecorded>('MatchRecorded').implement({
    description: 'The results are in the log: they survive a crash and are counted once.',
    fields: (t) => ({
      boardId: t.id({ description: 'The board.', resolve: ({ board }) => board.id }),
      seasonId: t.id({ description: 'The season that takes them.', resolve: ({ season }) => season.id }),
      matchId: t.exposeID('matchId', { description: 'The match; made here when none was sent.' }),
      duplicate: t.exposeBoolean('duplicate', { description: 'All of it was recorded before; nothing is counted again.' }),
      applied: t.exposeBoolean('applied', { description: 'The board shows it already.' }),
      results: t.field({
        type: [RecordedResult],
        description: 'In the order they were sent.',
        resolve: ({ results, board, season }) => {
          const at = { board, season: { ...season, boardId: board.id, closingAtMs: null, sealedAtMs: null, players: null } };
          return results.map((result) => ({ ...result, at }));
        },
      }),
    }),
  });
}

function inputTypes(builder: Builder, { Operator, Direction, TieRule, PeriodKind }: ReturnType<typeof boardTypes>) {
  const MatchResultInput = builder.inputType('MatchResultInput', {
    description: 'What one player has won.',
    fields: (t) => ({
      userId: t.id({ required: true, description: '1 to 128 bytes.' }),
      points: t.field({ type: 'SafeInt', required: true, description: 'A whole number from 0 to 2^53 - 1.' }),
    }),
  });
  const BoardPeriodInput = builder.inputType('BoardPeriodInput', {
    description: 'When a board begins anew.',
    fields: (t) => ({
      kind: t.field({ type: PeriodKind, required: true, description: 'How.' }),
      timeZone: t.string({ description: 'Of DAY, WEEK and MONTH, e.g. `Europe/Berlin`; default UTC.' }),
      startsAt: t.field({ type: 'DateTime', description: 'Of EXACT, included.' }),
      endsAt: t.field({ type: 'DateTime', description: 'Of EXACT, excluded.' }),
    }),
  });
  return {
    RecordMatchInput: builder.inputType('RecordMatchInput', {
      description: 'A finished match, as the game server saw it.',
      fields: (t) => ({
        boardId: t.id({ description: 'Default `default`.' }),
        matchId: t.id({ required: true, description: '1 to 128 bytes. Each player of it counts once, however often this is sent.' }),
        occurredAt: t.field({ type: 'DateTime', description: 'The season goes by it. Left out: the moment it is taken.' }),
        results: t.field({ type: [MatchResultInput], required: true, description: '1 to 200, each player once.' }),
        waitForRank: t.boolean({ description: 'Answer when the board shows it, within two seconds. Default false.' }),
      }),
    }),
    CreateBoardInput: builder.inputType('CreateBoardInput', {
      description: 'A board’s definition. It never changes.',
      fields: (t) => ({
        id: t.id({ required: true, description: '1 to 40 of a-z, 0-9 and -.' }),
        name: t.string({ required: true, description: '1 to 80 characters.' }),
        operator: t.field({ type: Operator, description: 'Default SUM.' }),
        direction: t.field({ type: Direction, description: 'Default DESC.' }),
        ties: t.field({ type: TieRule, description: 'Default UNIQUE_FIRST_REACHED.' }),
        period: t.field({ type: BoardPeriodInput, description: 'Default ALL_TIME.' }),
        hashParts: t.int({ description: '1 to 64 boards that players are spread over by id. Default 1.' }),
        scoreRanges: t.field({
          type: ['SafeInt'],
          description: 'Instead: where the next board begins, ascending. `[1000, 5000]` makes three boards.',
        }),
      }),
    }),
  };
}
