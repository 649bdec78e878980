import type { Ranked, RankedSet, Waiting } from '../../ports/index.ts';

/** A place in the total order of a board: score descending (as the ranked set holds it), instant ascending, id by bytes. */
export interface Key {
  readonly member: string;
  readonly score: number;
  readonly tie: number;
}

/** A player's place over all shards. `index` is 0-based and unique, `above` counts strictly higher scores. */
export interface Spot extends Key {
  readonly index: number;
  readonly above: number;
}

/** Shards of one board, read as if they were one. Every call asks all shards at once; exactness is the same as of one board. */
export interface Shards {
  /** Aligned; null where nobody has the member. */
  lookup(members: readonly string[], options?: Waiting): Promise<(Spot | null)[]>;
  /** From the 0-based index on. Over several shards it costs `from + limit` entries of each, at most `WINDOW_MAX`. */
  window(from: number, limit: number, options?: Waiting): Promise<readonly Spot[]>;
  /** The entries right after the key, or right before it (in rank order); without a key from the first, or from the last. */
  page(page: { readonly toward: 'after' | 'before'; readonly key: Key | null; readonly limit: number } & Waiting): Promise<readonly Spot[]>;
  /** The member with its neighbours in rank order; empty when nobody has it. One call of the port where there is one shard. */
  around(member: string, span: { readonly before: number; readonly after: number }, options?: Waiting): Promise<readonly Spot[]>;
  /** Members strictly above a score, and at it. */
  count(score: number, options?: Waiting): Promise<{ readonly above: number; readonly at: number }>;
  /** Distinct scores strictly above; only where shards do not share scores. */
  distinctAbove(score: number, options?: Waiting): Promise<number>;
  size(options?: Waiting): Promise<number>;
}

/** Deepest `from + limit` that a rank window over several shards reaches. */
export const WINDOW_MAX = 10_000;
const RANGE_MAX = 1_000;
const SCAN = 128;

/** `homeOf` names the only shard that can hold a member, or null where any can. */
export function openShards(ranked: RankedSet, names: readonly string[], homeOf: (member: string) => number | null): Shards {
  const [only] = names;
  if (names.length === 1 && only !== undefined) return openOne(ranked, only);
  return openMany(ranked, names, homeOf);
}

function openOne(ranked: RankedSet, name: string): Shards {
  return {
    lookup: async (members, options) => (await ranked.lookup(name, members, options)).map((found) => found && spotOf(found)),
    window: async (from, limit, options) => (await ranked.range(name, { from, limit }, options)).map(spotOf),
    async page({ toward, key, limit, ...options }) {
      if (key === null && toward === 'after') return (await ranked.range(name, { from: 0, limit }, options)).map(spotOf);
      const end = key === null ? await sizeOf(ranked, [name], options) : await countTo(ranked, name, key, toward === 'after', options);
      const from = toward === 'after' ? end : Math.max(0, end - limit);
      const size = toward === 'after' ? limit : end - from;
      return size === 0 ? [] : (await ranked.range(name, { from, limit: size }, options)).map(spotOf);
    },
    around: async (member, span, options) => (await ranked.around(name, member, span, options)).map(spotOf),
    count: (score, options) => countAll(ranked, [name], score, options),
    distinctAbove: async (score, options) => (await ranked.distinctAbove(name, [score], options))[0] ?? 0,
    size: (options) => sizeOf(ranked, [name], options),
  };
}

function openMany(ranked: RankedSet, names: readonly string[], homeOf: (member: string) => number | null): Shards {
  const settle = async (keys: readonly Key[], first: number, options: Waiting): Promise<readonly Spot[]> => {
    const head = keys[0];
    if (head === undefined) return [];
    let above = (await countAll(ranked, names, head.score, options)).above;
    let score = head.score;
    return keys.map((key, offset) => {
      if (key.score !== score) {
        above = first + offset;
        score = key.score;
      }
      return { ...key, index: first + offset, above };
    });
  };
  const gather = (starts: readonly number[], sizes: readonly number[], options: Waiting) =>
    Promise.all(names.map((name, shard) => rangeOf(ranked, name, starts[shard] ?? 0, sizes[shard] ?? 0, options)));

  const shards: Shards = {
    async lookup(members, options = {}) {
      const found = await findAll(ranked, names, homeOf, members, options);
      const keys = found.filter((one) => one !== null);
      const befores = await Promise.all(
        names.map((name, shard) =>
          beforeAll(
            ranked,
            name,
            keys.filter((key) => key.shard !== shard),
            options,
          ),
        ),
      );
      return found.map((one) => {
        if (one === null) return null;
        const spot = { member: one.member, score: one.score, tie: one.tie, index: one.rank, above: one.above };
        for (const before of befores) {
          const there = before.get(one.member);
          spot.index += there?.index ?? 0;
          spot.above += there?.above ?? 0;
        }
        return spot;
      });
    },
    async window(from, limit, options = {}) {
      const depth = Math.min(from + limit, WINDOW_MAX);
      const ranges = await gather(
        [],
        names.map(() => depth),
        options,
      );
      return settle(merge(ranges).slice(from, depth), from, options);
    },
    async page({ toward, key, limit, ...options }) {
      const ends = await Promise.all(
        names.map(async (name) => {
          if (key !== null) return countTo(ranked, name, key, toward === 'after', options);
          return toward === 'after' ? 0 : await sizeOf(ranked, [name], options);
        }),
      );
      const total = ends.reduce((sum, end) => sum + end, 0);
      if (toward === 'after')
        return settle(
          merge(
            await gather(
              ends,
              ends.map(() => limit),
              options,
            ),
          ).slice(0, limit),
          total,
          options,
        );
      const starts = ends.map((end) => Math.max(0, end - limit));
      const merged = merge(
        await gather(
          starts,
          ends.map((end, shard) => end - (starts[shard] ?? 0)),
          options,
        ),
      );
      const page = merged.slice(-limit);
      return settle(page, total - page.length, options);
    },
    async around(member, { before, after }, options = {}) {
      const [me] = await shards.lookup([member], options);
      if (me === null || me === undefined) return [];
      const [better, worse] = await Promise.all([
        before === 0 ? [] : shards.page({ toward: 'before', key: me, limit: before, ...options }),
        after === 0 ? [] : shards.page({ toward: 'after', key: me, limit: after, ...options }),
      ]);
      return [...better, me, ...worse].filter((spot, at, all) => all.findIndex((each) => each.member === spot.member) === at);
    },
    count: (score, options) => countAll(ranked, names, score, options),
    distinctAbove: async (score, options) =>
      (await Promise.all(names.map((name) => ranked.distinctAbove(name, [score], options)))).reduce(
        (sum, [above]) => sum + (above ?? 0),
        0,
      ),
    size: (options) => sizeOf(ranked, names, options),
  };
  return shards;
}

const spotOf = ({ member, score, tie, rank, above }: Ranked): Spot => ({ member, score, tie, index: rank, above });

/** Positive when `a` stands after `b`. */
export function compareKeys(a: Key, b: Key): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.tie !== b.tie) return a.tie - b.tie;
  return Buffer.compare(Buffer.from(a.member), Buffer.from(b.member));
}

/** One order out of several; a player who is just moving between score ranges is taken once. */
function merge(ranges: readonly (readonly Ranked[])[]): readonly Key[] {
  const seen = new Set<string>();
  return ranges
    .flat()
    .sort(compareKeys)
    .filter(({ member }) => !seen.has(member) && seen.add(member))
    .map(({ member, score, tie }) => ({ member, score, tie }));
}

async function sizeOf(ranked: RankedSet, names: readonly string[], options: Waiting = {}): Promise<number> {
  return (await ranked.size(names, options)).reduce((sum, size) => sum + size, 0);
}

async function countAll(ranked: RankedSet, names: readonly string[], score: number, options: Waiting = {}) {
  const counts = await Promise.all(names.map((name) => ranked.count(name, [score], options)));
  return counts.reduce((sum, [one]) => ({ above: sum.above + (one?.above ?? 0), at: sum.at + (one?.at ?? 0) }), { above: 0, at: 0 });
}

/** A range of any length, in the pieces that the port allows. */
async function rangeOf(ranked: RankedSet, name: string, from: number, size: number, options: Waiting): Promise<readonly Ranked[]> {
  const all: Ranked[] = [];
  while (all.length < size) {
    const limit = Math.min(RANGE_MAX, size - all.length);
    const piece = await ranked.range(name, { from: from + all.length, limit }, options);
    all.push(...piece);
    if (piece.length < limit) break;
  }
  return all;
}

/** Members of a shard that stand before the key, the key's own place included or not. O(log n), and O(log ties) more when scores are equal. */
async function countTo(ranked: RankedSet, name: string, key: Key, inclusive: boolean, options: Waiting): Promise<number> {
  const [count] = await ranked.count(name, [key.score], options);
  return count === undefined ? 0 : amongTies(ranked, name, key, count, inclusive, options);
}

async function amongTies(
  ranked: RankedSet,
  name: string,
  key: Key,
  count: { readonly above: number; readonly at: number },
  inclusive: boolean,
  options: Waiting,
): Promise<number> {
  const isBefore = (other: Key) => (inclusive ? compareKeys(other, key) <= 0 : compareKeys(other, key) < 0);
  let low = count.above;
  let high = count.above + count.at;
  while (high - low > SCAN) {
    const middle = Math.floor((low + high) / 2);
    const [probe] = await ranked.range(name, { from: middle, limit: 1 }, options);
    if (probe !== undefined && isBefore(probe)) low = middle + 1;
    else high = middle;
  }
  if (high === low) return low;
  const rest = await ranked.range(name, { from: low, limit: high - low }, options);
  return low + rest.filter(isBefore).length;
}

type Found = Ranked & { readonly shard: number };

async function findAll(
  ranked: RankedSet,
  names: readonly string[],
  homeOf: (member: string) => number | null,
  members: readonly string[],
  options: Waiting,
): Promise<(Found | null)[]> {
  const found = members.map((): Found | null => null);
  await Promise.all(
    names.map(async (name, shard) => {
      const asked = [...members.entries()].filter(([, member]) => (homeOf(member) ?? shard) === shard);
      if (asked.length === 0) return;
      const answers = await ranked.lookup(
        name,
        asked.map(([, member]) => member),
        options,
      );
      for (const [at, [index]] of asked.entries()) {
        const answer = answers[at];
        if (answer != null) found[index] = { ...answer, shard };
      }
    }),
  );
  return found;
}

/** For members of other shards: how many of this shard stand before each, and how many have a higher score. */
async function beforeAll(
  ranked: RankedSet,
  name: string,
  keys: readonly Found[],
  options: Waiting,
): Promise<ReadonlyMap<string, { readonly index: number; readonly above: number }>> {
  const befores = new Map<string, { index: number; above: number }>();
  if (keys.length === 0) return befores;
  const counts = await ranked.count(
    name,
    keys.map((key) => key.score),
    options,
  );
  await Promise.all(
    keys.map(async (key, at) => {
      const count = counts[at];
      if (count === undefined) return;
      befores.set(key.member, { index: await amongTies(ranked, name, key, count, false, options), above: count.above });
    }),
  );
  return befores;
}
