import type { Profile } from '../../plugins/leaderboard/needs.ts';
import type { BoardSeason } from '../../plugins/leaderboard/service.ts';
import type { Builder } from '../builder.ts';
import { sharedRef } from '../shared.ts';
import { boardTypes } from './boards.ts';
import { type EntryNode, entryTypes } from './entries.ts';
import { liveTypes } from './live.ts';
import { outcomeTypes } from './outcomes.ts';

/** Types of the leaderboard. Needs the shared types `User` and the refusals. */
export function leaderboardSchema(builder: Builder) {
  const Leaderboard = builder.objectRef<BoardSeason>('Leaderboard');
  const LeaderboardEntry = builder.objectRef<EntryNode>('LeaderboardEntry');
  const boards = boardTypes(builder);
  return {
    User: sharedRef<Profile>(builder, 'User'),
    Leaderboard,
    LeaderboardEntry,
    ...boards,
    ...entryTypes(builder, LeaderboardEntry),
    ...liveTypes(builder, LeaderboardEntry, boards.Result),
    ...outcomeTypes(builder, LeaderboardEntry, boards, Leaderboard),
  };
}

export type LeaderboardRefs = ReturnType<typeof leaderboardSchema>;
