import type { Repository, ResultRow } from '../../drizzle/leaderboard/repository.ts';
import { decodeCursor, encodeCursor, foreignCursor, type Refusal, refuse } from '../kernel/index.ts';
import type { SeasonState } from './board.ts';
import { isId } from './input.ts';
import { PAGE_MAX, type Page } from './pages.ts';

/** One player's result of one match, as it was counted. */
export interface MatchResult {
  readonly boardId: string;
  readonly seasonId: string;
  readonly matchId: string;
  readonly userId: string;
  readonly points: number;
  /** The player's score before; null: was not on the board. */
  readonly before: number | null;
  /** And after; null: the result was not counted. */
  readonly after: number | null;
  readonly status: 'counted' | 'overflow' | 'sealed';
  readonly atMs: number;
}

export interface ResultsAsk {
  readonly boardId: string;
  /** Only this player's. */
  readonly userId?: string | null;
  /** Only this match's, by player id. */
  readonly matchId?: string | null;
  readonly first: number;
  readonly after: string | null;
}

export type ResultsPage = Page<MatchResult> | Refusal<'invalid-argument'>;
export type SeasonsPage = Page<SeasonState> | Refusal<'invalid-argument'>;

export function createHistory(repository: Repository) {
  return {
    /** Newest first; of one match by player id. */
    async results(ask: ResultsAsk): Promise<ResultsPage> {
      const wrong = checkFirst(ask.first) ?? checkFilter(ask);
      if (wrong !== null) return wrong;
      const scope = `results:${ask.boardId}:${ask.matchId == null ? 't' : 'm'}:${ask.matchId ?? ask.userId ?? ''}`;
      const read = ask.matchId == null ? newestResults : matchResults;
      const rows = await read(repository, scope, ask);
      if (rows === null) return foreignCursor('after');
      const cursor = ask.matchId == null ? timeCursor : memberCursor;
      return pageOf(rows, ask, (row) => ({ cursor: cursor(scope, row), node: resultOf(row) }));
    },
    /** Newest first. */
    async seasons(boardId: string, ask: { readonly first: number; readonly after: string | null }): Promise<SeasonsPage> {
      const wrong = checkFirst(ask.first);
      if (wrong !== null) return wrong;
      const scope = `seasons:${boardId}`;
      const parts = ask.after === null ? null : decodeCursor(scope, 'ns', ask.after);
      if (ask.after !== null && (parts === null || !isId(String(parts[1])) || !Number.isSafeInteger(parts[0])))
        return foreignCursor('after');
      const before = parts === null ? null : { startsAtMs: Number(parts[0]), id: String(parts[1]) };
      const rows = await repository.seasonsPage(boardId, { limit: ask.first + 1, before });
      return pageOf(rows, ask, (row) => ({ cursor: encodeCursor(scope, [row.startsAtMs, row.id]), node: row }));
    },
  };
}

const timeCursor = (scope: string, row: ResultRow) => encodeCursor(scope, [row.atMs, row.part, row.position]);
const memberCursor = (scope: string, row: ResultRow) => encodeCursor(scope, [row.member]);

async function newestResults(repository: Repository, scope: string, { boardId, userId, first, after }: ResultsAsk) {
  const parts = after === null ? null : decodeCursor(scope, 'nnn', after);
  if (after !== null && (parts === null || !parts.every((part) => Number.isSafeInteger(part)))) return null;
  const before = parts === null ? null : { atMs: Number(parts[0]), part: Number(parts[1]), position: Number(parts[2]) };
  const page = { limit: first + 1, before };
  return userId == null ? repository.resultsOfBoard(boardId, page) : repository.resultsOfMember(boardId, userId, page);
}

function matchResults(repository: Repository, scope: string, { boardId, matchId, first, after }: ResultsAsk) {
  const parts = after === null ? null : decodeCursor(scope, 's', after);
  if (after !== null && (parts === null || !isId(String(parts[0])))) return Promise.resolve(null);
  return repository.resultsOfMatch(boardId, matchId ?? '', { limit: first + 1, after: parts === null ? null : String(parts[0]) });
}

/** One row more than asked for says that there is a next page. */
function pageOf<Row, Node>(
  rows: readonly Row[],
  ask: { readonly first: number; readonly after: string | null },
  edgeOf: (row: Row) => { readonly cursor: string; readonly node: Node },
): Page<Node> {
  return {
    kind: 'page',
    edges: rows.slice(0, ask.first).map(edgeOf),
    hasNextPage: rows.length > ask.first,
    hasPreviousPage: ask.after !== null,
  };
}

const checkFirst = (first: number): Refusal<'invalid-argument'> | null =>
  Number.isInteger(first) && first >= 1 && first <= PAGE_MAX ? null : refuse('invalid-argument', 'first', `must be 1 to ${PAGE_MAX}`);

function checkFilter({ userId, matchId }: ResultsAsk): Refusal<'invalid-argument'> | null {
  if (userId != null && matchId != null) return refuse('invalid-argument', 'matchId', 'cannot go together with userId');
  if (userId != null && !isId(userId)) return refuse('invalid-argument', 'userId', 'must be 1 to 128 bytes of text');
  return matchId != null && !isId(matchId) ? refuse('invalid-argument', 'matchId', 'must be 1 to 128 bytes of text') : null;
}

export const resultOf = (row: ResultRow): MatchResult => ({
  boardId: row.board,
  seasonId: row.season,
  matchId: row.matchId,
  userId: row.member,
  points: row.points,
  before: row.before,
  after: row.after,
  status: row.status as MatchResult['status'],
  atMs: row.atMs,
});
