import { sql } from 'drizzle-orm';
import { integer, pgSchema, text } from 'drizzle-orm/pg-core';
import type { Relational } from '../../../ports/index.ts';
import type { Trial } from '../case.ts';

export type RelationalTrial = Trial<typeof Relational>;

let schemas = 0;

/** A table of its own for the case, in a schema that is dropped afterwards. */
export async function accounts(t: RelationalTrial) {
  const name = `kit_${process.pid.toString(36)}_${Date.now().toString(36)}_${schemas++}`;
  const rows = pgSchema(name).table('accounts', { id: text('id').primaryKey(), amount: integer('amount').notNull() });
  await t.api.db.execute(sql`create schema ${sql.identifier(name)}`);
  t.after(async () => {
    await (await t.open()).api.db.execute(sql`drop schema ${sql.identifier(name)} cascade`);
  });
  await t.api.db.execute(sql`create table ${rows} (id text primary key, amount integer not null)`);
  const read = async () => (await t.api.db.select().from(rows).orderBy(rows.id)).map(({ id, amount }) => [id, amount] as const);
  return { rows, read };
}

/** Resolves for everybody once so many have come; later ones pass at once. */
export function meeting(count: number): () => Promise<void> {
  let come = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come += 1;
    if (come >= count) open();
    return opened;
  };
}
