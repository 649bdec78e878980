import { type Heard, latest } from '../kernel/index.ts';
import type { SeasonState } from './board.ts';
import { toRanked } from './hot-sink.ts';
import type { LeaderboardContext, Machinery } from './machinery.ts';
import { type Moves, movesTopic, type Stand, sealedTopic } from './moves.ts';
import type { BoardSeason } from './service.ts';
import { compareKeys } from './sharding.ts';
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

export interface RankChange {
  readonly at: BoardSeason;
  /** Null: is not on the board, or no more. */
  readonly entry: PlacedEntry | null;
  readonly before: PlacedEntry | null;
}

export interface WatchUser {
  readonly boardId: string;
  readonly userId: string;
  readonly everyMs: number;
}

/** A player's place, now and whenever rank or score change. Null: no such board. */
export async function watchRank(parts: LiveParts, ask: WatchUser, signal: AbortSignal): Promise<AsyncIterable<RankChange> | null> {
  const { context, machinery, open, viewOf } = parts;
  if ((await open(ask.boardId)) === null) return null;
  let known: { readonly seasonId: string; readonly entry: PlacedEntry | null } | undefined;
  return latest<RankChange>({
    heard: await machinery.topics.listen(movesTopic(ask.boardId), { signal }),
    everyMs: ask.everyMs,
    idleMs: IDLE_MS,
    clock: context.clock,
    signal,
    async read() {
      const at = await open(ask.boardId);
      if (at === null) return undefined;
      const [entry = null] = await viewOf(at).lookup([ask.userId], { signal });
      const before = known?.seasonId === at.season.id ? known.entry : null;
      const isNews = known === undefined || known.seasonId !== at.season.id || !isSameEntry(known.entry, entry);
      known = { seasonId: at.season.id, entry };
      return isNews ? { at, entry, before } : undefined;
    },
  });
}

const isSameEntry = (a: PlacedEntry | null, b: PlacedEntry | null): boolean => a?.rank === b?.rank && a?.score === b?.score;

export interface Overtaken {
  readonly at: BoardSeason;
  readonly entry: PlacedEntry;
  readonly rankBefore: number;
  /** Who has passed, in no order; at most 50. Empty when too many moved at once to say. */
  readonly by: readonly string[];
}

const OVERTAKERS_MAX = 50;

/** Tells a player who passed it: others' moves, never its own fall. Null: no such board. */
export async function watchOvertaken(parts: LiveParts, ask: WatchUser, signal: AbortSignal): Promise<AsyncIterable<Overtaken> | null> {
  const { context, machinery, open, viewOf } = parts;
  const heard = await machinery.topics.listen(movesTopic(ask.boardId), { signal });
  const begin = await open(ask.boardId);
  if (begin === null) return null;
  const [stands = null] = await viewOf(begin).lookup([ask.userId], { signal });
  let known = stands === null ? undefined : { seasonId: begin.season.id, entry: stands };
  return latest<Overtaken>({
    heard,
    everyMs: ask.everyMs,
    clock: context.clock,
    signal,
    async read({ messages }) {
      const at = await open(ask.boardId);
      const [entry = null] = at === null ? [] : await viewOf(at).lookup([ask.userId], { signal });
      const before = known;
      known = at === null || entry === null ? undefined : { seasonId: at.season.id, entry };
      if (at === null || entry === null || before === undefined || before.seasonId !== at.season.id) return undefined;
      if (entry.place <= before.entry.place || entry.score !== before.entry.score) return undefined;
      const moves = messages.flatMap((message) => (JSON.parse(message) as Moves).moves);
      const passed = moves.filter(
        ({ seasonId, userId, from, to }) =>
          seasonId === at.season.id &&
          userId !== ask.userId &&
          to !== null &&
          isAhead(at, { userId, ...to }, entry) &&
          (from === null || !isAhead(at, { userId, ...from }, entry)),
      );
      return { at, entry, rankBefore: before.entry.rank, by: [...new Set(passed.map(({ userId }) => userId))].slice(0, OVERTAKERS_MAX) };
    },
  });
}

function isAhead({ board }: BoardSeason, a: Stand & { readonly userId: string }, b: PlacedEntry): boolean {
  const keyOf = (one: Stand & { readonly userId: string }) => ({
    member: one.userId,
    score: toRanked(board, one.score),
    tie: one.reachedAtMs,
  });
  return compareKeys(keyOf(a), keyOf(b)) < 0;
}

/** Seasons of a board as they are sealed. Null: no such board. */
export async function watchSealed(parts: LiveParts, boardId: string, signal: AbortSignal): Promise<AsyncIterable<BoardSeason> | null> {
  const at = await parts.open(boardId);
  if (at === null) return null;
  return sealedSeasons(at, await parts.machinery.topics.listen(sealedTopic(boardId), { signal }));
}

async function* sealedSeasons({ board }: BoardSeason, heard: AsyncIterable<Heard>): AsyncGenerator<BoardSeason, void, undefined> {
  for await (const { messages } of heard) for (const message of messages) yield { board, season: JSON.parse(message) as SeasonState };
}
