import { type AddEntry, type Instance, type KeyValue, type OpenContext, PortError, type SetEntry } from '../../ports/index.ts';
import { checkInteger, checkText, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import type { RedisConn } from './connection.ts';

export const VALUE_BYTES_MAX = 1_048_576;

/**
 * Text by key: a string each, `portico:<ns>:kv:<key>`, spread over the slots of a Cluster.
 *
 * A call is one command per key, all in one write per node (one MGET on a single node), and a node runs them in the order given.
 * Expiry is the engine's own, by its clock, to the millisecond.
 */
export async function openKeyValue(conn: RedisConn, { namespace }: OpenContext): Promise<Instance<KeyValue>> {
  const ask = createAsk(conn, 'key-value');
  const { client } = conn;
  const keyOf = (key: string): string => {
    checkText('key', key, 512);
    return `portico:${namespace}:kv:${key}`;
  };

  const api: KeyValue = {
    async get(keys, { signal } = {}) {
      const names = keys.map(keyOf);
      if (names.length === 0) return [];
      return ask.read(signal, () => (conn.isCluster ? Promise.all(names.map(async (name) => client.get(name))) : client.mget(names)));
    },

    async set(entries, { signal } = {}) {
      const commands = entries.map((entry) => [keyOf(entry.key), ...setArguments(entry)] as const);
      const answers = await ask.write(signal, () =>
        Promise.all(commands.map(async ([key, ...rest]) => client.call('SET', key, ...rest) as Promise<string | null>)),
      );
      return answers.map((answer) => answer === 'OK');
    },

    async take(keys, { signal } = {}) {
      const names = keys.map(keyOf);
      return ask.write(signal, () => Promise.all(names.map(async (name) => client.getdel(name))));
    },

    async add(entries, { signal } = {}) {
      const calls = entries.map((entry) => [keyOf(entry.key), ...addArguments(entry)] as const);
      const answers = await ask.write(signal, () =>
        Promise.all(calls.map(async (call) => ask.script('porticoKeyValueAdd', ...call) as Promise<[number, string?]>)),
      );
      return answers.map(([verdict, sum], i) => {
        if (verdict < 0) throw invalid(`the value of ${entries[i]?.key} is no integer`);
        return verdict === 0 ? null : Number(sum);
      });
    },

    async remove(keys, { signal } = {}) {
      const names = keys.map(keyOf);
      const counts = await ask.write(signal, () => Promise.all(names.map(async (name) => client.unlink(name))));
      return counts.map((count) => count > 0);
    },
  };
  return openInstance(api, { port: 'key-value', adapter: 'redis', health: conn.health });
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'key-value', adapter: 'redis' });

function setArguments({ value, expiresAtMs, onlyIf }: SetEntry): (string | number)[] {
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw invalid(`value must be at most ${VALUE_BYTES_MAX} bytes`);
  const args: (string | number)[] = [value];
  if (expiresAtMs !== undefined) args.push('PXAT', instant(expiresAtMs));
  if (onlyIf !== undefined) args.push(onlyIf === 'absent' ? 'NX' : 'XX');
  return args;
}

function addArguments({ delta, min, max, expiresAtMs }: AddEntry): (string | number)[] {
  const bounds = [min ?? Number.MIN_SAFE_INTEGER, max ?? Number.MAX_SAFE_INTEGER] as const;
  for (const [name, value] of [
    ['delta', delta],
    ['min', bounds[0]],
    ['max', bounds[1]],
  ] as const) {
    checkInteger(name, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }
  return [delta, ...bounds, expiresAtMs === undefined ? '' : instant(expiresAtMs)];
}

/** The engine refuses instants before 1; they have passed like it. Fractions are rounded up, so that nothing ends early. */
function instant(expiresAtMs: number): number {
  if (!Number.isFinite(expiresAtMs)) throw invalid('expiresAtMs must be an instant in milliseconds');
  return Math.min(Math.max(1, Math.ceil(expiresAtMs)), Number.MAX_SAFE_INTEGER);
}
