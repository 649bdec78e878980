import type { Refusal } from '../plugins/kernel/index.ts';
import type { Profile } from '../plugins/leaderboard/needs.ts';
import type { Page } from '../plugins/leaderboard/pages.ts';
import type { MatchRecorded, MatchResultEntry, RecordMatchOutcome } from '../plugins/leaderboard/record-match.ts';
import type { BoardSeason } from '../plugins/leaderboard/service.ts';
import type { PlacedEntry } from '../plugins/leaderboard/view.ts';
import type { Builder } from './builder.ts';
import { refusalTypeName } from './refusals.ts';
import { sharedRef } from './shared.ts';

/** An entry where it stands, so that its player's other fields know the board. */
export interface EntryNode extends PlacedEntry {
  readonly at: BoardSeason;
}

export interface TopChange {
  readonly userId: string;
  readonly from: number | null;
  readonly to: number | null;
}

export interface TopEvent {
  readonly atMs: number;
  readonly entries: readonly EntryNode[];
  readonly changes: readonly TopChange[];
}

export function leaderboardSchema(builder: Builder) {
  const User = sharedRef<Profile>(builder, 'User');
  const Leaderboard = builder.objectRef<BoardSeason>('Leaderboard');
  const LeaderboardEntry = builder.objectRef<EntryNode>('LeaderboardEntry');
  const TopConnection = topConnection(builder, LeaderboardEntry);
  const TopChange = builder.objectRef<TopChange>('TopChange').implement({
    description: 'One player whose place among the shown ones has changed.',
    fields: (t) => ({
      userId: t.exposeID('userId'),
      from: t.exposeInt('from', { nullable: true, description: 'The rank before; null: was not among them.' }),
      to: t.exposeInt('to', { nullable: true, description: 'The rank now; null: is no longer among them.' }),
    }),
  });
  const TopEvent = builder.objectRef<TopEvent>('LeaderboardTopEvent').implement({
    description: 'The top of a board at a moment, and what has changed since the event before.',
    fields: (t) => ({
      at: t.field({ type: 'DateTime', description: 'When the board was read.', resolve: (event) => event.atMs }),
      entries: t.expose('entries', { type: [LeaderboardEntry], description: 'Best first.' }),
      changes: t.expose('changes', { type: [TopChange], description: 'Empty in the first event.' }),
    }),
  });
  return { User, Leaderboard, LeaderboardEntry, TopConnection, TopEvent, ...recordTypes(builder, LeaderboardEntry) };
}

export type LeaderboardRefs = ReturnType<typeof leaderboardSchema>;
type EntryRef = ReturnType<typeof sharedRef<EntryNode>>;

export interface TopPage extends Page<EntryNode> {
  readonly at: BoardSeason;
}

function topConnection(builder: Builder, LeaderboardEntry: EntryRef) {
  const TopEdge = builder.objectRef<TopPage['edges'][number]>('LeaderboardTopEdge').implement({
    description: 'An entry and where it stands.',
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'Cursor', description: 'Goes on from this entry, wherever its neighbours have moved.' }),
      node: t.expose('node', { type: LeaderboardEntry }),
    }),
  });
  return builder.objectRef<TopPage>('LeaderboardTopConnection').implement({
    description: 'Entries in rank order.',
    fields: (t) => ({
      edges: t.expose('edges', { type: [TopEdge] }),
      nodes: t.field({
        type: [LeaderboardEntry],
        description: 'The entries alone.',
        resolve: (page) => page.edges.map((edge) => edge.node),
      }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        resolve: ({ edges, hasNextPage, hasPreviousPage }) => ({
          hasNextPage,
          hasPreviousPage,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        }),
      }),
    }),
  });
}

function recordTypes(builder: Builder, LeaderboardEntry: EntryRef) {
  const MatchResultInput = builder.inputType('MatchResultInput', {
    description: 'What one player has won.',
    fields: (t) => ({
      userId: t.id({ required: true, description: '1 to 128 bytes.' }),
      points: t.field({ type: 'SafeInt', required: true, description: 'A whole number from 0 to 2^53 - 1.' }),
    }),
  });
  const RecordMatchInput = builder.inputType('RecordMatchInput', {
    description: 'A finished match, as the game server saw it.',
    fields: (t) => ({
      boardId: t.id({ description: 'Default `default`.' }),
      matchId: t.id({ required: true, description: '1 to 128 bytes. Each player of it counts once, however often this is sent.' }),
      occurredAt: t.field({ type: 'DateTime', description: 'The season goes by it. Left out: the moment it is taken.' }),
      results: t.field({ type: [MatchResultInput], required: true, description: '1 to 200, each player once.' }),
      waitForRank: t.boolean({ description: 'Answer when the board shows it, within two seconds. Default false.' }),
    }),
  });
  const RecordedResult = builder.objectRef<MatchResultEntry & { readonly at: BoardSeason }>('RecordedResult').implement({
    description: 'One player’s part in a recorded match.',
    fields: (t) => ({
      userId: t.exposeID('userId'),
      points: t.expose('points', { type: 'SafeInt' }),
      entry: t.field({
        type: LeaderboardEntry,
        nullable: true,
        description: 'The player’s place now; null unless it was waited for.',
        resolve: ({ entry, at }) => entry && { ...entry, at },
      }),
    }),
  });
  const MatchRecorded = builder.objectRef<MatchRecorded>('MatchRecorded').implement({
    description: 'The results are in the log: they survive a crash and will be counted once.',
    fields: (t) => ({
      boardId: t.id({ resolve: (match) => match.board.id }),
      seasonId: t.id({ resolve: (match) => match.season.id }),
      matchId: t.exposeID('matchId'),
      duplicate: t.exposeBoolean('duplicate', { description: 'It was recorded before; nothing was counted again.' }),
      applied: t.exposeBoolean('applied', { description: 'The board shows it already.' }),
      results: t.field({
        type: [RecordedResult],
        description: 'As they were sent.',
        resolve: ({ results, board, season }) => {
          const at = { board, season: { ...season, boardId: board.id, closingAtMs: null, sealedAtMs: null, players: null } };
          return results.map((result) => ({ ...result, at }));
        },
      }),
    }),
  });
  const RecordMatchResult = builder.unionType('RecordMatchResult', {
    description: 'Recorded, or why not.',
    types: [
      MatchRecorded,
      sharedRef<Refusal<'invalid-argument'>>(builder, 'InvalidArgument'),
      sharedRef<Refusal<'not-found'>>(builder, 'NotFound'),
      sharedRef<Refusal<'conflict'>>(builder, 'Conflict'),
      sharedRef<Refusal<'closed'>>(builder, 'Closed'),
    ],
    resolveType: (value: RecordMatchOutcome) => (value.kind === 'recorded' ? 'MatchRecorded' : refusalTypeName(value.kind)),
  });
  return { RecordMatchInput, RecordMatchResult };
}
