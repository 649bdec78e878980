import type { MatchResult } from '../../plugins/leaderboard/history.ts';
import type { PlaceChange } from '../../plugins/leaderboard/live.ts';
import type { Builder } from '../builder.ts';
import type { SharedRef } from '../shared.ts';
import type { EntryNode, EntryRef } from './entries.ts';

export interface TopEvent {
  readonly atMs: number;
  readonly entries: readonly EntryNode[];
  readonly changes: readonly PlaceChange[];
}

export interface RankEvent {
  readonly entry: EntryNode | null;
  readonly rankBefore: number | null;
}

export interface OvertakenEvent {
  readonly entry: EntryNode;
  readonly rankBefore: number;
  readonly byUserIds: readonly string[];
}

export interface AppliedEvent {
  readonly cursor: string;
  readonly result: MatchResult;
}

/** Types of live events. */
export function liveTypes(builder: Builder, LeaderboardEntry: EntryRef, Result: SharedRef<MatchResult>) {
  const PlaceChange = builder.objectRef<PlaceChange>('LeaderboardPlaceChange').implement({
    description: 'One player whose place or score among the shown ones has changed.',
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'The player.' }),
      from: t.exposeInt('from', { nullable: true, description: 'The rank before; null: was not among them.' }),
      to: t.exposeInt('to', { nullable: true, description: 'The rank now; null: is no longer among them.' }),
    }),
  });
  return {
    OvertakenEvent: builder.objectRef<OvertakenEvent>('OvertakenEvent'),
    TopEvent: builder.objectRef<TopEvent>('LeaderboardTopEvent').implement({
      description: 'The top of a board at a moment, and what has changed since the event before.',
      fields: (t) => ({
        at: t.field({ type: 'DateTime', description: 'When the board was read.', resolve: (event) => event.atMs }),
        entries: t.expose('entries', { type: [LeaderboardEntry], description: 'Best first.' }),
        changes: t.expose('changes', { type: [PlaceChange], description: 'Empty in the first event.' }),
      }),
    }),
    RankEvent: builder.objectRef<RankEvent>('RankEvent').implement({
      description: 'A player’s own place, now.',
      fields: (t) => ({
        entry: t.expose('entry', { type: LeaderboardEntry, nullable: true, description: 'Null: not on the board.' }),
        rankBefore: t.exposeInt('rankBefore', { nullable: true, description: 'In the event before; null in the first of a season.' }),
      }),
    }),
    AppliedEvent: builder.objectRef<AppliedEvent>('ScoreAppliedEvent').implement({
      description: 'A result that has been counted, or refused.',
      fields: (t) => ({
        cursor: t.expose('cursor', { type: 'Cursor', description: 'Subscribe with it as `after` to go on behind this event.' }),
        result: t.expose('result', { type: Result, description: 'What became of it.' }),
      }),
    }),
  };
}
