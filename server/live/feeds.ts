import type { Caller, Pipeline, Prepared } from '../pipeline/types.ts';
import type { Counters } from './counters.ts';
import { createFeed, type Feed, type Member } from './feed.ts';
import { type FeedKey, feedKeyOf, sharedViewer } from './key.ts';

/** All feeds of the process. */
export interface Feeds {
  /** Puts a member into the feed of its operation, starting one where there is none. */
  join(operation: Prepared, caller: Omit<Caller, 'signal'>, member: Member): void;
  leave(member: Member): void;
  readonly feeds: number;
  readonly members: number;
}

/**
 * A `live` subscriber with a position has a feed of its own from there, until it stands at the same cursor as another of the family;
 * then the two become one. So a thousand clients that resume after a deploy cost one execution an event again, as soon as they
 * have caught up.
 */
export function createFeeds(pipeline: Pipeline, counters: Pick<Counters, 'executed'>): Feeds {
  const joinable = new Map<string, Feed>();
  const homes = new Map<Member, Feed>();
  const standing = new Map<string, Feed>();
  const all = new Set<Feed>();
  let serial = 0;

  function feedFor(operation: Prepared, caller: Omit<Caller, 'signal'>): Feed {
    const key = feedKeyOf(operation, caller.viewer);
    const known = key && joinable.get(key.key);
    if (key && known && canJoin(known, operation, key)) return known;
    return start(operation, caller, key);
  }

  function start(operation: Prepared, caller: Omit<Caller, 'signal'>, key: FeedKey | undefined): Feed {
    let stand: string | undefined;
    const owner = key ? { viewer: sharedViewer(caller.viewer), ip: '', requestId: `feed-${(serial += 1)}` } : caller;
    const feed = createFeed({
      operation,
      caller: owner,
      pipeline,
      onDelivered(self, members) {
        counters.executed(members);
        if (key?.family !== undefined && operation.shared === 'live') stand = meet(self, key, stand);
      },
      onEnd(self, left) {
        all.delete(self);
        for (const member of left) homes.delete(member);
        for (const name of [key?.key, key?.family]) if (name !== undefined && joinable.get(name) === self) joinable.delete(name);
        if (stand !== undefined && standing.get(stand) === self) standing.delete(stand);
      },
    });
    all.add(feed);
    if (key) joinable.set(key.key, feed);
    return feed;
  }

  /** Notes where a feed stands; where another of the family stands already, the smaller joins the larger. */
  function meet(feed: Feed, key: FeedKey, before: string | undefined): string | undefined {
    if (before !== undefined && standing.get(before) === feed) standing.delete(before);
    const cursor = feed.cursor();
    if (cursor === undefined || feed.isEnded()) return undefined;
    const place = `${key.family}\n${cursor}`;
    const other = standing.get(place);
    if (other === undefined || other.isEnded() || other.cursor() !== cursor) {
      standing.set(place, feed);
      return place;
    }
    const [from, to] = other.members.size < feed.members.size ? [other, feed] : [feed, other];
    if (to === feed) standing.set(place, feed);
    for (const member of from.members) homes.set(member, to);
    if (key.family !== undefined && joinable.get(key.family) === from) joinable.set(key.family, to);
    from.moveTo(to);
    return to === feed ? place : undefined;
  }

  return {
    join(operation, caller, member) {
      const feed = feedFor(operation, caller);
      homes.set(member, feed);
      feed.add(member);
    },
    leave(member) {
      const feed = homes.get(member);
      homes.delete(member);
      feed?.remove(member);
    },
    get feeds() {
      return all.size;
    },
    get members() {
      return homes.size;
    },
  };
}

/** A newcomer with a position may join only while nothing was delivered: it must not miss what lies between. */
const canJoin = (feed: Feed, operation: Prepared, key: FeedKey): boolean =>
  !feed.isEnded() && !(operation.shared === 'live' && key.isPositioned && feed.hasDelivered());
