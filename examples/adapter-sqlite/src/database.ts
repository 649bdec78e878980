import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Health, PortError } from 'portico/adapter';

/**
 * Everything in one file. `board` and `lease` rows outlive what they name: a lease keeps its last token, so that tokens rise for ever.
 *
 *   entry       (namespace, key)            value, expires_at_ms
 *   board       id ◄─┬─ (namespace, name)   expires_at_ms
 *   standing    board┤  (board, member)     score, tie          index: board, score desc, tie, member
 *   checkpoint  board┘  (board, source)     position
 *   lease       (namespace, name)           holder, token, expires_at_ms
 *
 * Text compares by the bytes of its UTF-8 (collation BINARY), which is the order the ranked-set port asks for.
 */
const SCHEMA = `
  create table if not exists entry (
    namespace text not null, key text not null, value text not null, expires_at_ms integer,
    primary key (namespace, key)
  ) without rowid, strict;
  create table if not exists board (
    id integer primary key, namespace text not null, name text not null, expires_at_ms integer,
    unique (namespace, name)
  ) strict;
  create table if not exists standing (
    board integer not null references board on delete cascade, member text not null, score integer not null, tie integer not null,
    primary key (board, member)
  ) without rowid, strict;
  create index if not exists standing_order on standing (board, score desc, tie, member);
  create table if not exists checkpoint (
    board integer not null references board on delete cascade, source text not null, position integer not null,
    primary key (board, source)
  ) without rowid, strict;
  create table if not exists lease (
    namespace text not null, name text not null, holder text, token integer not null, expires_at_ms integer not null,
    primary key (namespace, name)
  ) without rowid, strict;
`;

/** How long a write waits for another process that holds the file. */
const BUSY_MS = 5_000;

export interface Database {
  readonly version: string;
  /** Prepared once per text. */
  statement(text: string): StatementSync;
  /** Runs reads against one state of the file. */
  reading<T>(work: () => T): T;
  /** Runs reads and writes as one atomic step, on disk when it returns. */
  writing<T>(work: () => T): T;
  health(): Health;
  close(): void;
}

/** Opens or makes the file. Each acknowledged write is synced: it survives a killed process and a power cut. */
export function openDatabase(file: string): Database {
  const db = guarded(() => new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: true }));
  guarded(() => db.exec('pragma journal_mode = wal; pragma synchronous = full;'));
  const statements = new Map<string, StatementSync>();
  const statement = (text: string) => {
    let prepared = statements.get(text);
    if (prepared === undefined) {
      prepared = db.prepare(text);
      statements.set(text, prepared);
    }
    return prepared;
  };
  const within = <T>(begin: string, work: () => T): T =>
    guarded(() => {
      statement(begin).run();
      try {
        const result = work();
        statement('commit').run();
        return result;
      } catch (error) {
        if (db.isTransaction) statement('rollback').run();
        throw error;
      }
    });
  const writing = <T>(work: () => T) => within('begin immediate', work);
  writing(() => db.exec(SCHEMA));
  return {
    version: String(statement('select sqlite_version() as version').get()?.['version']),
    statement,
    reading: (work) => within('begin', work),
    writing,
    health() {
      if (!db.isOpen) return { status: 'down', detail: 'closed' };
      try {
        guarded(() => statement('select 1').get());
        return { status: 'ok' };
      } catch (error) {
        return { status: 'down', detail: error instanceof Error ? error.message : 'it does not answer' };
      }
    },
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}

/** https://www.sqlite.org/rescode.html: busy, locked, read-only, I/O, full, cannot open. What they stop is rolled back. */
const OUTAGES = new Set([5, 6, 8, 10, 13, 14]);

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PortError) throw error;
    const isOutage = OUTAGES.has(Number((error as { readonly errcode?: unknown }).errcode ?? 0) & 0xff);
    throw new PortError(isOutage ? 'UNAVAILABLE' : 'INTERNAL', 'SQLite could not do it', { adapter: 'sqlite', cause: error });
  }
}
