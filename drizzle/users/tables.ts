import { bigint, index, integer, pgSchema, primaryKey, text } from 'drizzle-orm/pg-core';

export const usersSchema = pgSchema('users');

/** Ids compare by bytes (`collate "C"`, see the migration), so that locks are taken in one order everywhere. */
export const profiles = usersSchema.table('profiles', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  pictureUrl: text('picture_url'),
  createdAtMs: bigint('created_at_ms', { mode: 'number' }).notNull(),
});

/**
 * A user's side of a bond. Each pair has a row on either side, so everything that is read of a user stands under its own id:
 *
 *   user_id │ other_id │ standing            the other side's row
 *   ada     │ ben      │ friend              ben │ ada │ friend
 *   ada     │ cem      │ requested           cem │ ada │ invited
 *   ada     │ dan      │ blocked             none, or dan │ ada │ blocked
 */
export const bonds = usersSchema.table(
  'bonds',
  {
    userId: text('user_id').notNull(),
    otherId: text('other_id').notNull(),
    standing: text('standing', { enum: ['friend', 'requested', 'invited', 'blocked'] }).notNull(),
    /** When it came to stand like this. */
    sinceMs: bigint('since_ms', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.otherId] }),
    index('bonds_by_standing').on(table.userId, table.standing, table.sinceMs.desc(), table.otherId),
  ],
);

/** How many bonds of each capped kind a user has. The row is also the lock under which a user's bonds change. */
export const circles = usersSchema.table('circles', {
  userId: text('user_id').primaryKey(),
  friends: integer('friends').notNull(),
  requested: integer('requested').notNull(),
  blocked: integer('blocked').notNull(),
});
