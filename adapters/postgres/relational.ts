import type { ApiOf, Db, Outbox } from '../../ports/index.ts';
import { type Instance, type OpenContext, type Provider, Relational, type RelationalCaps, type TxOptions } from '../../ports/index.ts';
import { checkAborted, checkInteger, openInstance } from '../kit/index.ts';
import { type Conn, instanceSignal } from './connection.ts';
import { inTransaction } from './database.ts';
import { isSerializationRace, mapPostgresError } from './errors.ts';
import { createOutboxStore } from './outbox.ts';

const caps: RelationalCaps = {
  engine: 'postgresql',
  scope: 'cluster',
  durable: true,
  isolation: ['read committed', 'repeatable read', 'serializable'],
};

const RETRIES_DEFAULT = 3;
const RETRIES_MAX = 10;
const RETRY_WAIT_MS = 10;

export const relationalProvider: Provider<typeof Relational, Conn> = { port: Relational, caps, open: openRelational };

function openRelational(conn: Conn, context: OpenContext): Promise<Instance<ApiOf<typeof Relational>>> {
  const { signal: ended, end } = instanceSignal(context);
  const outbox = createOutboxStore(conn, context.namespace, ended);

  const once = async <T>(fn: (tx: Db, outbox: Outbox) => Promise<T>, options: TxOptions): Promise<T> => {
    let hasRecords = false;
    const work = (tx: Db, runner: Parameters<typeof outbox.write>[0]) =>
      fn(tx, async (records) => {
        hasRecords ||= records.length > 0;
        await outbox.write(runner, records);
      });
    const result = await inTransaction(conn.rows, { isolation: options.isolation, signal: options.signal }, work);
    if (hasRecords) outbox.announce();
    return result;
  };

  const api: ApiOf<typeof Relational> = {
    db: conn.db,
    async tx(fn, options = {}) {
      const retries = options.retries ?? RETRIES_DEFAULT;
      checkInteger('retries', retries, 0, RETRIES_MAX);
      checkAborted(options.signal);
      for (let attempt = 0; ; attempt++) {
        try {
          return await once(fn, options);
        } catch (error) {
          if (attempt >= retries || !isSerializationRace(error)) throw mapPostgresError(error, { port: 'relational' });
        }
        await jitteredWait(attempt);
        checkAborted(options.signal);
      }
    },
    pending: (limit, options) => outbox.pending(limit, options?.signal),
    settle: (ids) => outbox.settle(ids),
    untilPending: (options) => outbox.untilPending(options.signal),
  };
  const close = () => {
    end();
    outbox.close();
  };
  return Promise.resolve(openInstance(api, { port: 'relational', adapter: 'postgres', health: () => conn.health(), close }));
}

/** Full jitter: losers of one race do not meet again. */
function jitteredWait(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_WAIT_MS * 2 ** attempt));
}
