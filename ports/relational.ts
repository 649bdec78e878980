import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { definePort, type Scope, type Waiting } from './port.ts';

/** A drizzle database of the Postgres dialect: the plugin's own tables live in a schema named after it. */
export type Db = PgDatabase<PgQueryResultHKT, Record<string, unknown>>;
export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

export interface OutboxRecord {
  readonly topic: string;
  /** Records of one key keep their order. */
  readonly key: string;
  /** At most 64 KiB of UTF-8 text. */
  readonly data: string;
}

/** A record on its way from a committed transaction to the event log. */
export interface PendingRecord extends OutboxRecord {
  /** Unique and ascending in commit order per key; becomes the record's dedupe id in the log. */
  readonly id: string;
}

/** Writes an event beside the rows it speaks of: both commit or neither does. */
export type Outbox = (records: readonly OutboxRecord[]) => Promise<void>;

export interface TxOptions extends Waiting {
  /** Default `read committed`. */
  readonly isolation?: Isolation;
  /** Further tries after a serialization failure or deadlock, 0–10, default 3. `fn` must be safe to run again. */
  readonly retries?: number;
}

/**
 * Rows and transactions. This port shows drizzle on purpose: tables and queries belong to the plugin that owns
 * them (`drizzle/<stem>/`), and an abstraction of SQL would be the lowest common denominator of databases.
 * Inside `tx`, use the `tx` handed in and never the outer `db`.
 */
export interface Relational {
  readonly db: Db;
  tx<T>(fn: (tx: Db, outbox: Outbox) => Promise<T>, options?: TxOptions): Promise<T>;
  /** Committed outbox records not yet settled, oldest first; `limit` 1–1000. For the relay in the kernel. */
  pending(limit: number, options?: Waiting): Promise<readonly PendingRecord[]>;
  /** Drops records that the log has taken. */
  settle(ids: readonly string[]): Promise<void>;
  /** Resolves when a transaction has committed outbox records since the last call, or the signal aborts. */
  untilPending(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface RelationalCaps {
  readonly engine: string;
  readonly scope: Scope;
  readonly durable: boolean;
  readonly isolation: readonly Isolation[];
}

export const Relational = definePort<Relational, RelationalCaps>()('relational', 1);
