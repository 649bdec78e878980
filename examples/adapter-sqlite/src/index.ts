import { type Adapter, type Connection, defineAdapter } from 'portico/adapter';
import { type Database, openDatabase } from './database.ts';
import { keyValue } from './key-value.ts';
import { lease } from './lease.ts';
import { rankedSet } from './ranked-set.ts';

export interface SqliteOptions {
  /** The database file, made when it is missing. Every process of this machine that opens it shares what is in it. */
  readonly file: string;
}

const provides = { keyValue, rankedSet, lease } as const;

/**
 * One SQLite file: small, durable, shared by the processes of one machine. SQLite runs on the calling thread, so a long statement holds up
 * everything else in the process; for boards of more than some ten thousand members choose an engine with counted ranks.
 */
export const sqlite = (options: SqliteOptions): Adapter<typeof provides, Database> =>
  defineAdapter({
    name: 'sqlite',
    version: '0.1.0',
    provides,
    async connect(): Promise<Connection<Database>> {
      const database = openDatabase(options.file);
      return {
        conn: database,
        health: async () => database.health(),
        close: async () => database.close(),
        description: `SQLite ${database.version} in ${options.file}`,
      };
    },
  });
