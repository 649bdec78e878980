import { decodeCursor, encodeCursor, foreignCursor, logFeed, logSource, type Refusal, type Source } from '../kernel/index.ts';
import { decodeEvent, type ScoreEvent } from './event.ts';
import { type MatchResult, resultOf } from './history.ts';
import { type LeaderboardContext, type Machinery, SCORES } from './machinery.ts';

/** A result that has been counted, or refused, and where to go on after it. */
export interface ScoreApplied {
  readonly cursor: string;
  readonly result: MatchResult;
}

/**
 * Every result of a board once the record has it, in the order of each player. From the cursor on, or from now. CURSOR_EXPIRED when the log
 * no longer reaches back that far.
 */
export async function watchApplied(
  context: LeaderboardContext,
  machinery: Machinery,
  ask: { readonly boardId: string; readonly after: string | null },
  signal: AbortSignal,
): Promise<AsyncIterable<ScoreApplied> | Refusal<'invalid-argument'>> {
  const { partitions } = context.options;
  const source = logSource(context.ports.scores.api, SCORES, partitions, decodeEvent);
  const ends = await source.ends({ signal });
  const parts = ask.after === null ? ends : decodeCursor(cursorKind(ask.boardId), 'n*', ask.after);
  if (parts === null || parts.length !== partitions) return foreignCursor('after');
  const after = parts.map(Number);
  if (!after.every((position, partition) => Number.isSafeInteger(position) && position >= 0 && position <= (ends[partition] ?? 0))) {
    return foreignCursor('after');
  }
  return applied(machinery, source, ask.boardId, after, signal);
}

async function* applied(
  { record, repository }: Machinery,
  source: Source<ScoreEvent>,
  boardId: string,
  after: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<ScoreApplied, void, undefined> {
  const done = [...after];
  for await (const { partition, batch } of logFeed(source, { after, signal })) {
    if (!(await record.waitFor(partition, batch.position, { signal }))) return;
    const scores = batch.records.flatMap(({ value, position }) =>
      value.kind === 'score' && value.boardId === boardId ? [{ matchId: value.matchId, member: value.userId, position }] : [],
    );
    const rows = await repository.resultsAt(boardId, scores);
    for (const [at, { position }] of scores.entries()) {
      const row = rows[at];
      done[partition] = position;
      if (row != null && row.position === position) yield { cursor: encodeCursor(cursorKind(boardId), done), result: resultOf(row) };
    }
    done[partition] = batch.position;
  }
}

const cursorKind = (boardId: string) => `scores:${boardId}`;
