import { type Conn, postgres } from '../../adapters/postgres/index.ts';
import type { Connection, EventLog, Instance, Relational } from '../../ports/index.ts';

export interface Node {
  readonly connection: Connection<Conn>;
  readonly log: EventLog;
  readonly relational: Relational;
  close(): Promise<void>;
}

export const quiet = { info: () => undefined, warn: () => undefined };

/** One gateway's connection to a server, with its log and its rows opened in the namespace `test`. */
export async function openNode(url: string, options: { readonly poolSize?: number } = {}): Promise<Node> {
  const adapter = postgres({ url, ...options });
  const { signal } = new AbortController();
  const connection = await adapter.connect({ signal, log: quiet, now: Date.now });
  const context = { namespace: 'test', signal, now: Date.now };
  const log: Instance<EventLog> = await adapter.provides.eventLog.open(connection.conn, context);
  const relational: Instance<Relational> = await adapter.provides.relational.open(connection.conn, context);
  return {
    connection,
    log: log.api,
    relational: relational.api,
    async close() {
      await Promise.all([log.close(), relational.close()]);
      await connection.close();
    },
  };
}

/** Asks again until it holds; fails after the deadline with what was waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
