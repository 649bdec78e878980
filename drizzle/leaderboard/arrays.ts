import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ports/index.ts';

/**
 * Lists as Postgres array literals in one text parameter each, so that a statement has the same shape and number of parameters however many
 * rows it carries, on every driver.
 */
export const texts = (values: readonly (string | null)[]): SQL => sql`cast(${`{${values.map(quoted).join()}}`}::text as text[])`;
export const integers = (values: readonly (number | null)[]): SQL =>
  sql`cast(${`{${values.map((value) => value ?? 'NULL').join()}}`}::text as bigint[])`;
export const booleans = (values: readonly boolean[]): SQL => sql`cast(${`{${values.join()}}`}::text as boolean[])`;

/** Runs a statement and answers its rows; `bigint` columns must be cast to `float8`, which is exact to 2^53. */
export async function rowsOf<Row>(db: Db, statement: SQL): Promise<readonly Row[]> {
  const result: unknown = await db.execute(statement);
  if (Array.isArray(result)) return result as readonly Row[];
  return (result as { readonly rows: readonly Row[] }).rows;
}

const quoted = (value: string | null): string => (value === null ? 'NULL' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
