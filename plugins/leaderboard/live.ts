import { latest } from '../kernel/index.ts';
import type { LeaderboardContext, Machinery } from './machinery.ts';
import { movesTopic } from './moves.ts';
import type { BoardSeason } from './service.ts';
import type { PlacedEntry, SeasonView } from './view.ts';

export interface TopSnapshot {
  readonly at: BoardSeason;
  readonly atMs: number;
  readonly entries: readonly PlacedEntry[];
  /** Places that differ from the snapshot before; empty in the first. */
  readonly changes: readonly PlaceChange[];
}

export interface PlaceChange {
  readonly userId: string;
  /** 1-based rank before and now; null: was not, or is not, among the shown. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface WatchTop {
  readonly boardId: string;
  readonly first: number;
  readonly everyMs: number;
}

export interface LiveParts {
  readonly context: LeaderboardContext;
  readonly machinery: Machinery;
  readonly open: (boardId: string) => Promise<BoardSeason | null>;
  readonly viewOf: (at: BoardSeason) => SeasonView;
}

/** A new season may begin without a single score, so an idle feed looks again. */
const IDLE_MS = 5_000;

/** The top of a board's season of now, whenever it changes: a snapshot, conflated to `everyMs`. Null: no such board. */
export async function watchTop(parts: LiveParts, ask: WatchTop, signal: AbortSignal): Promise<AsyncIterable<TopSnapshot> | null> {
  const { context, machinery, open, viewOf } = parts;
  if ((await open(ask.boardId)) === null) return null;
  let shown: { readonly seasonId: string; readonly entries: readonly PlacedEntry[] } | undefined;
  return latest<TopSnapshot>({
    heard: await machinery.topics.listen(movesTopic(ask.boardId), { signal }),
    everyMs: ask.everyMs,
    idleMs: IDLE_MS,
    clock: context.clock,
    signal,
    async read() {
      const at = await open(ask.boardId);
      if (at === null) return undefined;
      const atMs = context.clock.now();
      const entries = await viewOf(at).window(0, ask.first, { signal });
      const before = shown;
      shown = { seasonId: at.season.id, entries };
      if (before !== undefined && before.seasonId === at.season.id && isSame(before.entries, entries)) return undefined;
      return { at, atMs, entries, changes: before === undefined ? [] : changesBetween(before.entries, entries) };
    },
  });
}

const isSame = (a: readonly PlacedEntry[], b: readonly PlacedEntry[]): boolean =>
  a.length === b.length && a.every(({ userId, score, rank }, i) => userId === b[i]?.userId && score === b[i]?.score && rank === b[i]?.rank);

function changesBetween(before: readonly PlacedEntry[], now: readonly PlacedEntry[]): readonly PlaceChange[] {
  const was = new Map(before.map((entry) => [entry.userId, entry]));
  const is = new Map(now.map((entry) => [entry.userId, entry]));
  const moved = now.flatMap(({ userId, rank, score }) => {
    const old = was.get(userId);
    return old?.rank === rank && old.score === score ? [] : [{ userId, from: old?.rank ?? null, to: rank }];
  });
  const left = before.flatMap(({ userId, rank }) => (is.has(userId) ? [] : [{ userId, from: rank, to: null }]));
  return [...moved, ...left];
}
