import type { Board, SeasonState } from '../../plugins/leaderboard/board.ts';
import type { MatchResult } from '../../plugins/leaderboard/history.ts';
import type { Builder } from '../builder.ts';
import { connection } from './entries.ts';

export interface SeasonNode extends SeasonState {
  readonly board: Board;
}

/** Types of what a board is, and of what has been on it. */
export function boardTypes(builder: Builder) {
  const rules = ruleTypes(builder);
  const Season = builder.objectRef<SeasonNode>('LeaderboardSeason');
  const Result = builder.objectRef<MatchResult>('MatchResult');
  return {
    ...rules,
    Season,
    Result,
    SeasonConnection: connection(builder, 'LeaderboardSeason', 'Seasons that have had results, newest first.', Season),
    ResultConnection: connection(builder, 'MatchResult', 'Results of matches, newest first; of one match by player id.', Result),
  };
}

function ruleTypes(builder: Builder) {
  return {
    Operator: builder.enumType('ScoreOperator', {
      description: 'What a new result does to a score.',
      values: {
        SUM: { description: 'Adds to it.' },
        BEST: { description: 'Replaces it when better.' },
        LATEST: { description: 'Replaces it unless a later one came first.' },
        SET: { description: 'Replaces it.' },
      },
    }),
    Direction: builder.enumType('ScoreDirection', {
      description: 'Which score is better.',
      values: { DESC: { description: 'The higher one.' }, ASC: { description: 'The lower one, as in races.' } },
    }),
    TieRule: builder.enumType('TieRule', {
      description: 'Ranks of equal scores.',
      values: {
        UNIQUE_FIRST_REACHED: { description: 'One each, whoever got there first: 1 2 3 4.' },
        COMPETITION: { description: 'The same, with a gap after: 1 2 2 4.' },
        DENSE: { description: 'The same, without a gap: 1 2 2 3.' },
      },
    }),
    PeriodKind: builder.enumType('BoardPeriodKind', {
      description: 'When a board begins anew.',
      values: {
        ALL_TIME: { description: 'Never.' },
        DAY: { description: 'At midnight of its time zone.' },
        WEEK: { description: 'On Monday at midnight of its time zone.' },
        MONTH: { description: 'On the first at midnight of its time zone.' },
        EXACT: { description: 'It runs once, from an instant to another.' },
      },
    }),
    ResultStatus: builder.enumType('MatchResultStatus', {
      description: 'What became of a result.',
      values: {
        COUNTED: { value: 'counted', description: 'It is in the score.' },
        OVERFLOW: { value: 'overflow', description: 'The score would have passed 2^53 - 1.' },
        SEALED: { value: 'sealed', description: 'The season had ended.' },
      } as const,
    }),
  };
}
