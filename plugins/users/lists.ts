import { findPages, findStandingIds, type PageAsk } from '../../drizzle/users/repository.ts';
import { PortError } from '../../ports/index.ts';
import { type Refusal, refuse } from '../kernel/index.ts';
import { FRIENDS_MAX, type Standing } from './friendship.ts';
import { decodePlace, encodePlace, PAGE_MAX } from './page.ts';
import { isUserId } from './profile.ts';
import type { Users, UsersParts } from './service.ts';

export interface ListAsk {
  readonly userId: string;
  readonly standing: Standing;
  /** 1–PAGE_MAX. */
  readonly first: number;
  /** A cursor of the same list. Null: from the newest. */
  readonly after: string | null;
}

export interface ListPage {
  readonly kind: 'page';
  /** Newest first, then by id. */
  readonly entries: readonly { readonly userId: string; readonly sinceMs: number; readonly cursor: string }[];
  readonly hasMore: boolean;
}

export function createLists({ record }: UsersParts): Pick<Users, 'lists' | 'friendIds'> {
  return {
    async lists(asks) {
      const parsed = asks.map(parseAsk);
      const wanted = parsed.filter((ask): ask is PageAsk => !('kind' in ask) && isUserId(ask.userId));
      const rows = wanted.length === 0 ? [] : await findPages(record.db, wanted);
      const pages = Map.groupBy(rows, (row) => wanted[row.ask]);
      return parsed.map((ask) => {
        if ('kind' in ask) return ask;
        const found = pages.get(ask) ?? [];
        const entries = found
          .slice(0, ask.limit - 1)
          .map(({ otherId, sinceMs }) => ({ userId: otherId, sinceMs, cursor: encodePlace({ sinceMs, otherId }) }));
        return { kind: 'page', entries, hasMore: found.length === ask.limit };
      });
    },

    async friendIds(userId, { limit, signal }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > FRIENDS_MAX) {
        throw new PortError('INVALID_ARGUMENT', `limit must be an integer from 1 to ${FRIENDS_MAX}`);
      }
      if (signal?.aborted) throw new PortError('CANCELLED', 'the caller gave up', { cause: signal.reason });
      return isUserId(userId) ? findStandingIds(record.db, userId, 'friend', limit) : [];
    },
  };
}

/** One more than the page is asked for, to know whether there is more. */
function parseAsk({ userId, standing, first, after }: ListAsk): PageAsk | Refusal<'invalid-argument'> {
  if (!Number.isInteger(first) || first < 1 || first > PAGE_MAX) {
    return refuse('invalid-argument', 'first', `must be an integer from 1 to ${PAGE_MAX}`);
  }
  const place = after === null ? null : decodePlace(after);
  if (after !== null && place === null) return refuse('invalid-argument', 'after', 'must be a cursor that was handed out');
  return { userId, standing, limit: first + 1, after: place };
}
