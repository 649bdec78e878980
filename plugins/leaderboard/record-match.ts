import { isPortError, type Placed } from '../../ports/index.ts';
import { type Refusal, refuse } from '../kernel/index.ts';
import { type Board, SCORE_MAX, type Season } from './board.ts';
import { scoreRecord } from './event.ts';
import { isId, isScore } from './input.ts';
import { type LeaderboardContext, type Machinery, SCORES } from './machinery.ts';
import type { Seasons } from './seasons.ts';
import type { PlacedEntry } from './view.ts';

export interface MatchInput {
  /** Default `default`. */
  readonly boardId?: string;
  /** 1–128 bytes; the game's own id of the match. */
  readonly matchId: string;
  /** When it happened; the season goes by it. Left out: when the log takes it. */
  readonly occurredAtMs?: number;
  /** 1–200, each player once. */
  readonly results: readonly { readonly userId: string; readonly points: number }[];
  /** Waits, within the option `waitMs`, until the ranks show these results. */
  readonly waitForRank?: boolean;
}

export interface MatchRecorded {
  readonly kind: 'recorded';
  readonly board: Board;
  readonly season: Season;
  readonly matchId: string;
  /** Every result was in the log already: this is the answer to the first request. */
  readonly duplicate: boolean;
  /** The boards show these results; false when that was not waited for or took too long. */
  readonly applied: boolean;
  readonly results: readonly MatchResultEntry[];
}

export interface MatchResultEntry {
  readonly userId: string;
  readonly points: number;
  /** The player's place now; null when it was not waited for, or the result was not counted. */
  readonly entry: PlacedEntry | null;
}

export type RecordMatchOutcome = MatchRecorded | Refusal<'invalid-argument' | 'not-found' | 'conflict' | 'closed'>;

export const RESULTS_MAX = 200;

export function createRecordMatch(context: LeaderboardContext, machinery: Machinery, seasons: Seasons) {
  const { boards, reads, hot } = machinery;
  const { clock, options, ports } = context;

  const applied = async (placed: readonly Placed[], signal: AbortSignal) => {
    const newest = new Map<number, number>();
    for (const { partition, position } of placed) newest.set(partition, Math.max(position, newest.get(partition) ?? 0));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.waitMs)]);
    const waits = [...newest].map(([partition, position]) => hot.waitFor(partition, position, { signal: limit }));
    return (await Promise.all(waits)).every((isApplied) => isApplied);
  };

  /** Where the players stand; nothing is known of them while the hot boards are away, and matches are taken all the same. */
  const standings = async (
    board: Board,
    season: Season,
    input: MatchInput,
    signal: AbortSignal,
  ): Promise<readonly (PlacedEntry | null)[]> => {
    const userIds = input.results.map((result) => result.userId);
    try {
      return await reads.lookup(board, season.id, userIds, { signal });
    } catch (error) {
      if (isPortError(error) && error.retryable) return [];
      throw error;
    }
  };

  /** Only sums can leave the bounds, and only from where the player stands. What slips by here is refused in the fold. */
  const overflows = async (board: Board, season: Season, input: MatchInput, signal: AbortSignal) => {
    if (board.operator !== 'SUM') return null;
    const entries = await standings(board, season, input, signal);
    const index = input.results.findIndex(({ points }, at) => (entries[at]?.score ?? 0) > SCORE_MAX - points);
    return index === -1 ? null : refuse('invalid-argument', `results[${index}].points`, `the score would pass ${SCORE_MAX}`);
  };

  return async (input: MatchInput, { signal }: { readonly signal: AbortSignal }): Promise<RecordMatchOutcome> => {
    const invalid = checkMatch(input);
    if (invalid !== null) return invalid;
    const boardId = input.boardId ?? 'default';
    const board = await boards.find(boardId);
    if (board === null) return refuse('not-found', 'boardId', `there is no board ${JSON.stringify(boardId)}`);
    const nowMs = clock.now();
    const atMs = input.occurredAtMs ?? nowMs;
    if (atMs > nowMs + options.aheadMs) return refuse('invalid-argument', 'occurredAt', 'lies in the future');
    const season = seasons.takes(board, atMs, nowMs);
    if (season.kind !== 'open') return season;

    const tooMuch = await overflows(board, season.season, input, signal);
    if (tooMuch !== null) return tooMuch;
    const at = input.occurredAtMs === undefined ? {} : { atMs: input.occurredAtMs };
    const appended = await ports.scores.api.append(
      SCORES,
      input.results.map(({ userId, points }) => scoreRecord({ kind: 'score', boardId, matchId: input.matchId, userId, points, ...at })),
      { signal },
    );
    if (appended.kind === 'clash') return clash(input, appended.clashes);

    const isApplied = input.waitForRank === true && (await applied(appended.placed, signal));
    const entries = isApplied ? await standings(board, season.season, input, signal) : [];
    return {
      kind: 'recorded',
      board,
      season: season.season,
      matchId: input.matchId,
      duplicate: appended.placed.every((placed) => placed.duplicate),
      applied: isApplied,
      results: input.results.map(({ userId, points }, index) => ({ userId, points, entry: entries[index] ?? null })),
    };
  };
}

function checkMatch({ matchId, results }: MatchInput): Refusal<'invalid-argument'> | null {
  if (!isId(matchId)) return refuse('invalid-argument', 'matchId', 'must be 1 to 128 bytes of text');
  if (results.length < 1 || results.length > RESULTS_MAX)
    return refuse('invalid-argument', 'results', `must be 1 to ${RESULTS_MAX} results`);
  const seen = new Set<string>();
  for (const [index, { userId, points }] of results.entries()) {
    if (!isId(userId)) return refuse('invalid-argument', `results[${index}].userId`, 'must be 1 to 128 bytes of text');
    if (seen.has(userId)) return refuse('invalid-argument', `results[${index}].userId`, 'is in this match already');
    if (!isScore(points)) return refuse('invalid-argument', `results[${index}].points`, `must be a whole number from 0 to ${SCORE_MAX}`);
    seen.add(userId);
  }
  return null;
}

function clash({ matchId, results }: MatchInput, clashes: readonly number[]): Refusal<'conflict'> {
  const [index] = clashes;
  const player = index === undefined ? '' : ` of ${JSON.stringify(results[index]?.userId)}`;
  return refuse(
    'conflict',
    index === undefined ? 'matchId' : `results[${index}]`,
    `match ${JSON.stringify(matchId)} has another result${player} on record`,
  );
}
