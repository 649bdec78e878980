import { embeddedPostgres } from '../../adapters/postgres/index.ts';

/**
 * A gateway in a process of its own, to be killed: opens the folder in its first argument and appends to the log without end. Prints
 * `ready <server's process>` and then the number of each record that was acknowledged.
 */
const adapter = embeddedPostgres({ folder: process.argv[2] ?? '' });
const { signal } = new AbortController();
const log = { info: (_: string, fields?: object) => console.log(`ready ${String((fields as { pid?: number }).pid)}`), warn: console.error };
const connection = await adapter.connect({ signal, log, now: Date.now });
const { api } = await adapter.provides.eventLog.open(connection.conn, { namespace: 'test', signal, now: Date.now });
await api.declare('t', { partitions: 1 });
for (let n = 1; ; n++) {
  await api.append('t', [{ key: 'k', id: `${process.pid}-${n}`, data: `${process.pid}-${n}` }]);
  console.log(`${process.pid}-${n}`);
}
