import { postgres } from '../../adapters/postgres/index.ts';
import type { Clock, Environment, Meter } from '../../plugins/kernel/index.ts';
import { systemClock, systemRandom } from '../../server/environment.ts';

/** Kernel parts on a real Postgres, and what they count. */
export async function openEngines(url: string) {
  const stop = new AbortController();
  const { signal } = stop;
  const adapter = postgres({ url });
  const connection = await adapter.connect({ signal, log: { info: () => undefined, warn: () => undefined }, now: () => Date.now() });
  const opening = { namespace: 'kernel', signal, now: () => Date.now() };
  const relational = await adapter.provides.relational.open(connection.conn, opening);
  const log = await adapter.provides.eventLog.open(connection.conn, opening);
  const lease = await adapter.provides.lease.open(connection.conn, opening);
  const pubSub = await adapter.provides.pubSub.open(connection.conn, opening);
  const counts = new Map<string, number>();
  return {
    relational: relational.api,
    log: log.api,
    lease: lease.api,
    pubSub: pubSub.api,
    counts,
    environment: environmentOf(systemClock, counts, signal),
    async close() {
      stop.abort();
      await Promise.all([relational.close(), log.close(), lease.close(), pubSub.close()]);
      await connection.close();
    },
  };
}

function environmentOf(clock: Clock, counts: Map<string, number>, signal: AbortSignal): Environment {
  const meter: Meter = {
    counter: (name) => ({ add: (amount) => void counts.set(name, (counts.get(name) ?? 0) + amount) }),
    gauge: () => undefined,
    histogram: () => ({ observe: () => undefined }),
  };
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return { clock, random: systemRandom, log, meter, signal };
}
