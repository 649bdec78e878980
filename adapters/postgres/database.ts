import { DrizzleQueryError } from 'drizzle-orm/errors';
import { PgDatabase, PgDialect, type PgQueryResultHKT, PgTransaction, type PgTransactionConfig } from 'drizzle-orm/pg-core';
import { PostgresJsSession } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import { type Db, PortError } from '../../ports/index.ts';
import type { Pool } from './pool.ts';
import { type Runner, type TransactionOptions, type TransactionRunner, transact } from './transaction.ts';

type Tables = Record<string, unknown>;
type NoRelations = Record<string, never>;

/**
 * A drizzle database over our pool. Constraint violations reach the caller as drizzle's DrizzleQueryError with the PostgresError as
 * `cause`; a lost connection, a full pool and a frozen server surface as PortError and never wrapped.
 */
export function createDatabase(pool: Pool): Db {
  const runner: Runner = { query: (text, params, options) => pool.use((link) => link.query(text, params, options)) };
  const session = new PoolSession(runner, pool);
  return new PgDatabase<PgQueryResultHKT, Tables>(dialect, session as never, undefined);
}

/** Runs `work` in one transaction with a database bound to it. */
export function inTransaction<T>(
  pool: Pool,
  options: TransactionOptions,
  work: (tx: Db, runner: TransactionRunner) => Promise<T>,
): Promise<T> {
  return pool.use((link) =>
    transact(link, options, (runner) => work(new BoundTransaction(new BoundSession(runner)) as unknown as Db, runner)),
  );
}

const dialect = new PgDialect();

/** drizzle's session for postgres.js with our runner in the place of the client. */
class RunnerSession extends PostgresJsSession<Sql, Tables, NoRelations> {
  constructor(runner: Runner) {
    super(clientOf(runner), dialect, undefined);
  }

  override prepareQuery(...args: Parameters<PostgresJsSession<Sql, Tables, NoRelations>['prepareQuery']>): never {
    const prepared = super.prepareQuery(...args);
    const execute = prepared.execute.bind(prepared);
    const all = (prepared as unknown as { all: typeof execute }).all.bind(prepared);
    const unwrapped = { execute: (...values: Parameters<typeof execute>) => execute(...values).catch(surface) };
    return Object.assign(prepared, unwrapped, { all: (...values: Parameters<typeof execute>) => all(...values).catch(surface) }) as never;
  }
}

class PoolSession extends RunnerSession {
  readonly #pool: Pool;

  constructor(runner: Runner, pool: Pool) {
    super(runner);
    this.#pool = pool;
  }

  override transaction<T>(work: (tx: never) => Promise<T>, config?: PgTransactionConfig): Promise<T> {
    const options = { isolation: isolationOf(config), isReadOnly: config?.accessMode === 'read only' };
    return inTransaction(this.#pool, options, (tx) => work(tx as never)).catch(surface);
  }
}

class BoundSession extends RunnerSession {
  readonly runner: TransactionRunner;

  constructor(runner: TransactionRunner) {
    super(runner);
    this.runner = runner;
  }

  override transaction<T>(work: (tx: never) => Promise<T>): Promise<T> {
    return this.runner.savepoint(() => work(new BoundTransaction(this) as never));
  }
}

class BoundTransaction extends PgTransaction<PgQueryResultHKT, Tables, NoRelations> {
  readonly #session: BoundSession;

  constructor(session: BoundSession) {
    super(dialect, session as never, undefined);
    this.#session = session;
  }

  override transaction<T>(work: (tx: PgTransaction<PgQueryResultHKT, Tables, NoRelations>) => Promise<T>): Promise<T> {
    return this.#session.transaction(work as never);
  }
}

/** The one method of postgres.js that drizzle calls: a promise of rows whose `values()` asks for arrays before it has started. */
function clientOf(runner: Runner): Sql {
  const unsafe = (text: string, params: readonly unknown[] = []) => {
    let asArrays = false;
    const rows = Promise.resolve().then(() => runner.query(text, params, { asArrays }));
    const values = () => {
      asArrays = true;
      return rows;
    };
    return Object.assign(rows, { values });
  };
  return { unsafe, options: { parsers: {}, serializers: {} } } as unknown as Sql;
}

function surface(error: unknown): never {
  if (error instanceof DrizzleQueryError && error.cause instanceof PortError) throw error.cause;
  throw error;
}

function isolationOf(config: PgTransactionConfig | undefined): TransactionOptions['isolation'] {
  return config?.isolationLevel === 'read uncommitted' ? 'read committed' : config?.isolationLevel;
}
