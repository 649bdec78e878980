import { type Isolation, PortError } from '../../ports/index.ts';
import { isConnectionLost, mapPostgresError } from './errors.ts';
import type { Link, Rows, StatementOptions } from './link.ts';
import { cancelled } from './pool.ts';

/** What runs SQL for drizzle: a pool statement by statement, or one session for the length of a transaction. */
export interface Runner {
  query<Row>(text: string, params: readonly unknown[], options?: StatementOptions): Promise<Rows<Row>>;
}

/** Statements of one open transaction, strictly one after the other; refuses everything once it has ended or its session is lost. */
export interface TransactionRunner extends Runner {
  savepoint<T>(work: () => Promise<T>): Promise<T>;
}

export interface TransactionOptions {
  readonly isolation?: Isolation | undefined;
  readonly isReadOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A statement inside of a transaction may be a migration. */
const STATEMENT_DEADLINE_MS = 600_000;

/**
 * Begin, work, commit on one link. Resolves only when the server said COMMIT. A session lost before the commit was sent is `not-applied`
 * (the server rolled back), one lost under the commit `unknown`.
 */
export async function transact<T>(link: Link, options: TransactionOptions, work: (runner: TransactionRunner) => Promise<T>): Promise<T> {
  let isOpen = true;
  let depth = 0;
  let firstError: unknown;
  let tail: Promise<unknown> = Promise.resolve();

  const send = async <Row>(text: string, params: readonly unknown[], statement?: StatementOptions): Promise<Rows<Row>> => {
    if (!isOpen) throw new PortError('CLOSED', 'this transaction has ended', { port: 'relational', adapter: 'postgres' });
    if (options.signal?.aborted) throw cancelled(options.signal, 'not-applied');
    try {
      return await link.query<Row>(text, params, { deadlineMs: STATEMENT_DEADLINE_MS, ...statement });
    } catch (error) {
      firstError ??= depth === 0 ? error : undefined;
      throw notApplied(error);
    }
  };
  const query = <Row>(text: string, params: readonly unknown[], statement?: StatementOptions): Promise<Rows<Row>> => {
    const turn = tail.then(() => send<Row>(text, params, statement));
    tail = turn.catch(() => undefined);
    return turn;
  };
  const savepoint = async <U>(nested: () => Promise<U>): Promise<U> => {
    const name = `s${(depth += 1)}`;
    try {
      await query(`savepoint ${name}`, []);
      const result = await nested();
      await query(`release savepoint ${name}`, []);
      return result;
    } catch (error) {
      if (link.isAlive) await query(`rollback to savepoint ${name}`, []);
      throw error;
    } finally {
      depth -= 1;
    }
  };

  try {
    await link.query(`begin${modeOf(options)}`);
  } catch (error) {
    throw notApplied(error);
  }
  let result: T;
  try {
    result = await work({ query, savepoint });
    await tail;
    if (options.signal?.aborted) throw cancelled(options.signal, 'not-applied');
  } catch (error) {
    isOpen = false;
    await tail;
    // A session that cannot even roll back is thrown away, and the server rolls back by itself.
    await link.query('rollback').catch(() => link.destroy());
    throw error;
  }
  isOpen = false;
  const { command } = await link.query('commit');
  // A statement failed and its error was swallowed: the server answers COMMIT with ROLLBACK and no error.
  if (command !== 'ROLLBACK') return result;
  if (firstError instanceof Error) throw firstError;
  throw new PortError('CONFLICT', 'the transaction was rolled back', { adapter: 'postgres' });
}

function modeOf(options: TransactionOptions): string {
  const isolation = options.isolation === undefined ? '' : ` isolation level ${options.isolation}`;
  return `${isolation}${options.isReadOnly === true ? ' read only' : ''}`;
}

function notApplied(error: unknown): unknown {
  const isLost = isConnectionLost(error) || (error instanceof PortError && error.code === 'UNAVAILABLE');
  if (!isLost) return error;
  return mapPostgresError(error instanceof PortError ? (error.cause ?? error) : error, { port: 'relational', outcome: 'not-applied' });
}
