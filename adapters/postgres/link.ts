import { drizzle } from 'drizzle-orm/postgres-js';
import createClient, { type Sql } from 'postgres';
import { PortError } from '../../ports/index.ts';
import { ARRAY_TYPES, arrayLiteral } from './array-types.ts';
import { isConnectionLost, mapPostgresError } from './errors.ts';

/** Rows of one statement; `command` is its tag (`SELECT`, `COMMIT`, `ROLLBACK`, …). */
export type Rows<Row> = readonly Row[] & { readonly command: string; readonly count: number | null };

export interface StatementOptions {
  /** Rows as arrays in the order of the columns instead of objects. */
  readonly asArrays?: boolean;
  /** Keep the parsed statement on the server. Default true while fewer than `PREPARED_MAX` are kept. */
  readonly isPrepared?: boolean;
  /** How long to wait for the answer before the link is given up, milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * One session with the server, for one user at a time. postgres.js would bring a lost session back under its user's feet, and the second
 * half of a transaction would then run outside of it; a link dies once and stays dead.
 */
export interface Link {
  readonly isAlive: boolean;
  /** Faults of SQL are thrown raw (SQLSTATE in `code`); a lost session is a PortError UNAVAILABLE with `outcome: 'unknown'`. */
  query<Row>(text: string, params?: readonly unknown[], options?: StatementOptions): Promise<Rows<Row>>;
  destroy(): void;
}

export interface LinkOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly onNotify?: (channel: string, payload: string) => void;
  readonly onLost?: () => void;
}

/** Distinct statements kept prepared on one link; further ones are parsed each time, so that the server's memory is bounded. */
const PREPARED_MAX = 500;
/** Beyond the server's own statement timeout the server is taken for frozen. */
const GRACE_MS = 5_000;

/** Rejects with UNAVAILABLE when the server does not answer. */
export async function openLink(options: LinkOptions): Promise<Link> {
  let isAlive = true;
  const prepared = new Set<string>();
  const sql = connectOne(options, () => {
    if (!isAlive) return;
    isAlive = false;
    options.onLost?.();
  });
  const destroy = () => {
    isAlive = false;
    void sql.end({ timeout: 0 });
  };
  const shouldPrepare = (text: string) => {
    if (prepared.has(text)) return true;
    if (prepared.size >= PREPARED_MAX) return false;
    prepared.add(text);
    return true;
  };

  const query = async <Row>(text: string, params: readonly unknown[] = [], statement: StatementOptions = {}): Promise<Rows<Row>> => {
    if (!isAlive) throw new PortError('UNAVAILABLE', 'the connection to PostgreSQL was lost', { adapter: 'postgres' });
    const isPrepared = params.length > 0 && (statement.isPrepared ?? shouldPrepare(text));
    const values = params.map((param) => (Array.isArray(param) ? arrayLiteral(param) : param));
    const pending = sql.unsafe(text, values as never[], { prepare: isPrepared });
    const answer = (statement.asArrays ? pending.values() : pending) as unknown as Promise<Rows<Row>>;
    const deadlineMs = statement.deadlineMs ?? options.statementTimeoutMs + GRACE_MS;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      destroy();
    }, deadlineMs);
    try {
      return await answer;
    } catch (error) {
      if (isLate) {
        throw new PortError('TIMEOUT', `PostgreSQL did not answer within ${deadlineMs} ms`, {
          adapter: 'postgres',
          cause: error,
          outcome: 'unknown',
        });
      }
      if (!isConnectionLost(error)) throw error;
      destroy();
      throw mapPostgresError(error);
    } finally {
      clearTimeout(timer);
    }
  };

  // Something in front of a dead server may accept and hang up for ever; postgres.js would try again as long.
  const timer = setTimeout(destroy, options.connectTimeoutMs);
  try {
    await sql.unsafe('select 1');
  } catch (error) {
    destroy();
    throw mapPostgresError(error, { outcome: 'not-applied' });
  } finally {
    clearTimeout(timer);
  }
  return {
    get isAlive() {
      return isAlive;
    },
    query,
    destroy,
  };
}

function connectOne(options: LinkOptions, onclose: () => void): Sql {
  const settings = {
    max: 1,
    connect_timeout: Math.ceil(options.connectTimeoutMs / 1000),
    max_lifetime: null,
    // Its query for array types leaves an unhandled rejection when the server dies under it; ours are a fixed list.
    fetch_types: false,
    types: ARRAY_TYPES,
    backoff: () => 0.05,
    no_subscribe: true,
    connection: { application_name: options.applicationName, statement_timeout: options.statementTimeoutMs },
    onnotice: () => undefined,
    onclose,
    // Not in the typings: called with every notification of this session.
    onnotify: options.onNotify,
  };
  const sql = createClient(options.url, settings);
  // Sets the parsers that drizzle's columns expect (dates stay text).
  drizzle({ client: sql });
  return sql;
}
