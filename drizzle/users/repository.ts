import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ports/index.ts';
import { bonds, circles, profiles } from './tables.ts';

export type ProfileRow = typeof profiles.$inferSelect;
export type CircleRow = typeof circles.$inferSelect;
export type BondRow = typeof bonds.$inferSelect;
export type Standing = BondRow['standing'];

/** Profiles by id, in no order; ids that have none are left out. One statement. */
export function findProfiles(db: Db, ids: readonly string[]): Promise<ProfileRow[]> {
  return db
    .select()
    .from(profiles)
    .where(sql`${profiles.id} in (select jsonb_array_elements_text(${json(ids)}))`);
}

/**
 * Writes profiles, ids unique. An id that is there keeps its `createdAtMs`. Answers what stands now for those that are new or differ from
 * before; the others are left out and cost no row version. One statement, rows locked in the order of their ids.
 */
export function writeProfiles(db: Db, rows: readonly ProfileRow[]): Promise<ProfileRow[]> {
  return db
    .insert(profiles)
    .select(
      sql`select r.id, r.name, r."pictureUrl", r."createdAtMs"
          from jsonb_to_recordset(${json(rows)}) as r (id text collate "C", name text, "pictureUrl" text, "createdAtMs" bigint)
          order by r.id`,
    )
    .onConflictDoUpdate({
      target: profiles.id,
      set: { name: sql`excluded.name`, pictureUrl: sql`excluded.picture_url` },
      setWhere: sql`(${profiles.name}, ${profiles.pictureUrl}) is distinct from (excluded.name, excluded.picture_url)`,
    })
    .returning();
}

/**
 * Locks the circles of users that have a profile until the transaction ends, in the order of their ids, and answers their counts as they
 * stand under the lock. One statement.
 */
export function lockCircles(tx: Db, userIds: readonly string[]): Promise<CircleRow[]> {
  return tx
    .insert(circles)
    .select(
      sql`select p.id, 0, 0, 0 from ${profiles} p
          where p.id in (select jsonb_array_elements_text(${json(userIds)})) order by p.id`,
    )
    .onConflictDoUpdate({ target: circles.userId, set: { friends: sql`${circles.friends}` } })
    .returning();
}

/** Both sides of a pair, as far as they have a row. */
export function findBonds(tx: Db, userId: string, otherId: string): Promise<BondRow[]> {
  return tx
    .select()
    .from(bonds)
    .where(and(inArray(bonds.userId, [userId, otherId]), inArray(bonds.otherId, [userId, otherId])));
}

/** Puts these sides of a pair to what `next` says (no row: not at all), and the counts with them. Call it under `lockCircles`. */
export async function writeBonds(tx: Db, sides: readonly Side[], next: readonly BondRow[], counts: readonly CircleRow[]): Promise<void> {
  await tx.delete(bonds).where(or(...sides.map((side) => and(eq(bonds.userId, side.userId), eq(bonds.otherId, side.otherId)))));
  if (next.length > 0) await tx.insert(bonds).values([...next]);
  await tx
    .insert(circles)
    .values([...counts])
    .onConflictDoUpdate({
      target: circles.userId,
      set: { friends: sql`excluded.friends`, requested: sql`excluded.requested`, blocked: sql`excluded.blocked` },
    });
}

export type Side = Pick<BondRow, 'userId' | 'otherId'>;

/** Ids of up to `limit` users that stand so to the user, newest first. One index scan. */
export async function findStandingIds(db: Db, userId: string, standing: Standing, limit: number): Promise<string[]> {
  const rows = await db
    .select({ otherId: bonds.otherId })
    .from(bonds)
    .where(and(eq(bonds.userId, userId), eq(bonds.standing, standing)))
    .orderBy(sql`${bonds.sinceMs} desc`, bonds.otherId)
    .limit(limit);
  return rows.map((row) => row.otherId);
}

/** Of `ids`, those whose owner blocks the user. */
export async function findBlockers(db: Db, userId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .select({ userId: bonds.userId })
    .from(bonds)
    .where(
      and(
        sql`${bonds.userId} in (select jsonb_array_elements_text(${json(ids)}))`,
        eq(bonds.otherId, userId),
        eq(bonds.standing, 'blocked'),
      ),
    );
  return rows.map((row) => row.userId);
}

export interface PageAsk {
  readonly userId: string;
  readonly standing: Standing;
  readonly limit: number;
  /** Strictly after this place in (since descending, other id ascending). */
  readonly after: { readonly sinceMs: number; readonly otherId: string } | null;
}

/** One page for each ask, in one statement: `ask` is the index of the ask, rows are in the page's order. */
export function findPages(db: Db, asks: readonly PageAsk[]): Promise<{ ask: number; otherId: string; sinceMs: number }[]> {
  const wanted = asks.map(({ userId, standing, limit, after }, ask) => ({
    ask,
    userId,
    standing,
    limit,
    afterMs: after?.sinceMs ?? null,
    afterId: after?.otherId ?? null,
  }));
  const page = sql`
    jsonb_to_recordset(${json(wanted)})
      as a (ask integer, "userId" text collate "C", standing text, "limit" integer, "afterMs" bigint, "afterId" text collate "C")
    cross join lateral (
      select b.other_id, b.since_ms from ${bonds} b
      where b.user_id = a."userId" and b.standing = a.standing
        and b.since_ms <= coalesce(a."afterMs", 9223372036854775807)
        and (a."afterMs" is null or b.since_ms < a."afterMs" or b.other_id > a."afterId")
      order by b.since_ms desc, b.other_id
      limit a."limit"
    ) page`;
  return db
    .select({
      ask: sql<number>`a.ask`.mapWith(Number),
      otherId: sql<string>`page.other_id`,
      sinceMs: sql<number>`page.since_ms`.mapWith(Number),
    })
    .from(page)
    .orderBy(sql`a.ask`, sql`page.since_ms desc`, sql`page.other_id`);
}

/** A whole list as one parameter, so that a statement's text never depends on the length of its input. */
const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::text::jsonb`;
