import { PortError } from '../../ports/index.ts';
import { checkAborted } from '../kit/index.ts';
import type { RedisConn } from './connection.ts';
import { mapRedisError } from './errors.ts';
import type { ScriptName } from './scripts.ts';

/** Calls of one connection that may be under way at once; one more is refused with OVERLOADED. */
export const IN_FLIGHT_MAX = 200_000;

type Argument = string | number;
type Signal = AbortSignal | undefined;

/** How a port speaks to the engine: faults mapped, aborts heard, calls counted. Commands issued in one tick share one round trip per node. */
export interface Ask {
  read<T>(signal: Signal, run: () => Promise<T>): Promise<T>;
  write<T>(signal: Signal, run: () => Promise<T>): Promise<T>;
  /** Keys come first; all of them share a hash tag. */
  script(name: ScriptName, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
}

export function createAsk(conn: RedisConn, port: string): Ask {
  const ask = async <T>(effect: 'read' | 'write', signal: Signal, run: () => Promise<T>): Promise<T> => {
    checkAborted(signal);
    if (conn.load.inFlight >= IN_FLIGHT_MAX) {
      throw new PortError('OVERLOADED', `${IN_FLIGHT_MAX} calls are waiting for Redis`, { port, adapter: 'redis' });
    }
    conn.load.inFlight += 1;
    const answer = started(run).finally(() => {
      conn.load.inFlight -= 1;
    });
    try {
      return await (signal === undefined ? answer : untilAborted(answer, signal, effect));
    } catch (error) {
      throw mapRedisError(error, { port, effect });
    }
  };
  return {
    read: (signal, run) => ask('read', signal, run),
    write: (signal, run) => ask('write', signal, run),
    script(name, ...keysAndArguments) {
      const command: unknown = Reflect.get(conn.client, name);
      if (typeof command !== 'function') throw new PortError('INTERNAL', `script ${name} is not defined`, { port, adapter: 'redis' });
      return Reflect.apply(command, conn.client, keysAndArguments) as Promise<unknown>;
    },
  };
}

/** A client that throws instead of rejecting is a rejection all the same. */
async function started<T>(run: () => Promise<T>): Promise<T> {
  return run();
}

function untilAborted<T>(answer: Promise<T>, signal: AbortSignal, effect: 'read' | 'write'): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      const outcome = effect === 'write' ? 'unknown' : 'not-applied';
      reject(new PortError('CANCELLED', 'the caller gave up', { cause: signal.reason, outcome }));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
