import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { House } from './house.ts';

/** A hash of everybody's place, score and instant on a board's season of now, as its pages show it. */
export async function hotDigest(house: House, boardId = 'default'): Promise<string> {
  const at = await house.service.open(boardId);
  if (at === null) throw new Error(`no board ${boardId}`);
  const hash = createHash('sha256');
  let after: string | null = null;
  do {
    const page = await house.service.page(at, { first: 500, after });
    if (page.kind !== 'page') throw new Error(page.message);
    for (const { node } of page.edges) hash.update(JSON.stringify([node.place, node.rank, node.userId, node.score, node.reachedAtMs]));
    after = page.hasNextPage ? (page.edges.at(-1)?.cursor ?? null) : null;
  } while (after !== null);
  return hash.digest('hex');
}

/** The same, out of the match history alone: what the board must be (SUM, DESC, one rank each). */
export async function recordDigest(house: House, boardId = 'default'): Promise<string> {
  const rows = (await house.db.execute(sql`
    select member, sum(points)::float8 as score, max(at_ms)::float8 as at from leaderboard.results
    where board = ${boardId} and status = 'counted' group by member
    order by sum(points) desc, max(at_ms), member collate "C"`)) as unknown as readonly { member: string; score: number; at: number }[];
  const hash = createHash('sha256');
  for (const [place, { member, score, at }] of rows.entries()) hash.update(JSON.stringify([place, place + 1, member, score, at]));
  return hash.digest('hex');
}

/** Resolves when it is so; fails after the deadline. */
export async function until(what: string, ask: () => Promise<boolean> | boolean, deadlineMs = 20_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      if (await ask()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
}

/** A seeded stream of matches, so that a failure can be seen again. */
export function* matches(
  seed: number,
  players: number,
): Generator<{ matchId: string; results: { userId: string; points: number }[] }, never, undefined> {
  let state = seed >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let number = 0; ; number++) {
    const first = next(players);
    const size = 1 + next(4);
    const results = Array.from({ length: size }, (_, at) => ({ userId: `player-${(first + at * 7) % players}`, points: 1 + next(9) }));
    yield {
      matchId: `s${seed}-${number}`,
      results: results.filter((one, at) => results.findIndex((other) => other.userId === one.userId) === at),
    };
  }
}
