import { sql } from 'drizzle-orm';
import { type Db, isPortError, PortError } from '../ports/index.ts';
import { type MigrationFile, type MigrationProblem, planMigrations, readMigrationFiles } from './journal.ts';

/** A plugin's tables: a Postgres schema of its own and the folder of its `NNNN_name.sql` files. */
export interface Migration {
  readonly schema: string;
  readonly folder: URL;
}

/** One file that ran, or would run. */
export interface MigrationStep {
  readonly schema: string;
  readonly name: string;
  /** True when a file with a higher number was applied before it: two branches met. It runs all the same. */
  readonly isLate: boolean;
}

export interface MigrateOptions {
  /** Change nothing; answer what would run. */
  readonly check?: boolean;
}

/** `portm` in ASCII: one lock for all runners of a database. */
const LOCK = 0x70_6f_72_74_6d;

/**
 * Brings the schemas to their files and answers the files that ran (with `check`: would run), in order. Every schema has a journal of its
 * own, `<schema>.__journal`, and the set of its hashes is compared with the set of files: nothing is skipped because of another plugin's
 * dates or numbers. A file that was applied and is changed or missing now is an error that names it, and then nothing runs at all.
 *
 * Each file runs in a transaction of its own, together with its line in the journal and under the lock; any number of processes may do this
 * at once, and one that is killed leaves whole files behind.
 */
export async function migrate(db: Db, migrations: readonly Migration[], options: MigrateOptions = {}): Promise<readonly MigrationStep[]> {
  const plans = [];
  const problems: MigrationProblem[] = [];
  for (const { schema, folder } of migrations) {
    const plan = planMigrations(schema, await readMigrationFiles(schema, folder), await readJournal(db, schema));
    plans.push(plan);
    problems.push(...plan.problems);
  }
  if (problems.length > 0) throw refusal(problems);
  const steps: MigrationStep[] = [];
  for (const { schema, pending } of plans) {
    for (const { file, isLate } of pending) {
      if (options.check === true || (await runFile(db, schema, file))) steps.push({ schema, name: file.name, isLate });
    }
  }
  return steps;
}

/** False when another runner was first. */
async function runFile(db: Db, schema: string, file: MigrationFile): Promise<boolean> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 0`);
      await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
      const journal = await readJournal(tx, schema);
      if (journal.has(file.name)) {
        const { problems } = planMigrations(schema, [file], new Map([[file.name, journal.get(file.name) ?? '']]));
        if (problems.length > 0) throw refusal(problems);
        return false;
      }
      await tx.execute(sql`create schema if not exists ${sql.identifier(schema)}`);
      await tx.execute(sql`create table if not exists ${journalOf(schema)}
        (name text primary key, hash text not null, applied_at timestamptz not null default now())`);
      await tx.execute(sql.raw(file.text));
      await tx.execute(sql`insert into ${journalOf(schema)} (name, hash) values (${file.name}, ${file.hash})`);
      return true;
    });
  } catch (error) {
    if (isPortError(error)) throw error;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new PortError('INTERNAL', `migration ${schema}/${file.name} failed: ${reason}`, { port: 'relational', cause: error });
  }
}

/** Name to hash of what was applied; empty before the first run. */
async function readJournal(db: Db, schema: string): Promise<ReadonlyMap<string, string>> {
  const found = rowsOf<{ is_there: boolean }>(
    await db.execute(
      sql`select exists (select from pg_catalog.pg_tables where schemaname = ${schema} and tablename = '__journal') as is_there`,
    ),
  );
  if (found[0]?.is_there !== true) return new Map();
  const rows = rowsOf<{ name: string; hash: string }>(await db.execute(sql`select name, hash from ${journalOf(schema)}`));
  return new Map(rows.map(({ name, hash }) => [name, hash]));
}

const journalOf = (schema: string) => sql`${sql.identifier(schema)}.${sql.identifier('__journal')}`;

/** postgres.js answers an array of rows, other drivers an object that holds it. */
function rowsOf<Row>(answer: unknown): readonly Row[] {
  if (Array.isArray(answer)) return answer as readonly Row[];
  if (typeof answer === 'object' && answer !== null && 'rows' in answer) return answer.rows as readonly Row[];
  throw new PortError('INTERNAL', 'the database answered without rows', { port: 'relational' });
}

function refusal(problems: readonly MigrationProblem[]): PortError {
  const sentences = problems.map(({ schema, name, reason }) => `${schema}/${name} ${reason}`);
  return new PortError('INVALID_ARGUMENT', `the migrations do not fit the database: ${sentences.join('; ')}`, { port: 'relational' });
}
