import type { Waiting } from '../../ports/index.ts';
import { decodeCursor, encodeCursor, foreignCursor, type Refusal, refuse } from '../kernel/index.ts';
import type { PlacedEntry, SeasonView } from './view.ts';

/** Relay's four arguments. Exactly one of `first` and `last`, 1–500. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Page<Node> {
  readonly kind: 'page';
  readonly edges: readonly Edge<Node>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export const PAGE_MAX = 500;
export const PAGE_DEFAULT = 10;

export interface Asked {
  readonly kind: 'asked';
  readonly toward: 'after' | 'before';
  readonly limit: number;
  readonly cursor: string | null;
}

/** Relay's arguments as a direction, a size and a cursor; `first` defaults to 10. */
export function askOf(args: PageArgs): Asked | Refusal<'invalid-argument'> {
  const { first, after, last, before } = args;
  if (first != null && last != null) return refuse('invalid-argument', 'last', 'cannot go together with first');
  if (last != null && after != null) return refuse('invalid-argument', 'after', 'goes with first, not with last');
  if (last == null && before != null) return refuse('invalid-argument', 'before', 'goes with last, not with first');
  const limit = last ?? first ?? PAGE_DEFAULT;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    return refuse('invalid-argument', last == null ? 'first' : 'last', `must be 1 to ${PAGE_MAX}`);
  }
  return { kind: 'asked', toward: last == null ? 'after' : 'before', limit, cursor: (last == null ? after : before) ?? null };
}

/** A page of a season's order. The cursor is the entry itself, so a page goes on where the last one ended while scores move. */
export async function pageOfSeason(
  view: SeasonView,
  scope: string,
  args: PageArgs,
  options: Waiting,
): Promise<Page<PlacedEntry> | Refusal<'invalid-argument'>> {
  const asked = askOf(args);
  if (asked.kind !== 'asked') return asked;
  const { toward, limit, cursor } = asked;
  const from = cursor === null ? null : entryAt(scope, cursor);
  if (cursor !== null && from === null) return foreignCursor(toward);
  const [entries, total] = await Promise.all([view.page({ toward, from, limit, ...options }), view.size(options)]);
  const firstPlace = entries[0]?.place ?? 0;
  const lastPlace = entries.at(-1)?.place ?? -1;
  return {
    kind: 'page',
    edges: entries.map((node) => ({ cursor: cursorOf(scope, node), node })),
    hasNextPage: entries.length > 0 ? lastPlace + 1 < total : toward === 'before' && total > 0,
    hasPreviousPage: entries.length > 0 ? firstPlace > 0 : toward === 'after' && from !== null && total > 0,
  };
}

export const cursorOf = (scope: string, entry: PlacedEntry): string =>
  encodeCursor(`top:${scope}`, [entry.score, entry.reachedAtMs, entry.userId, entry.place]);

function entryAt(scope: string, cursor: string): PlacedEntry | null {
  const parts = decodeCursor(`top:${scope}`, 'nnsn', cursor);
  if (parts === null) return null;
  const [score, reachedAtMs, userId, place] = parts as readonly [number, number, string, number];
  if (!Number.isSafeInteger(score) || !Number.isSafeInteger(reachedAtMs) || !Number.isSafeInteger(place) || place < 0) return null;
  return { score, reachedAtMs, userId, place, rank: 0 };
}
