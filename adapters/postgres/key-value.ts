import { type Instance, KeyValue, type KeyValueCaps, type OpenContext, PortError, type Provider } from '../../ports/index.ts';
import { checkAborted, checkInteger, checkText, openInstance } from '../kit/index.ts';
import type { Conn } from './connection.ts';
import { integerArray, textArray } from './text-array.ts';

const VALUE_BYTES_MAX = 2 ** 20;
const KEY_BYTES_MAX = 512;
const ENTRIES_MAX = 10_000;

const caps: KeyValueCaps = {
  scope: 'cluster',
  durable: true,
  valueBytesMax: VALUE_BYTES_MAX,
  expiry: { granularityMs: 1 },
  atomic: ['take', 'add', 'onlyIf'],
};

export const keyValueProvider: Provider<typeof KeyValue, Conn> = { port: KeyValue, caps, open: openKeyValue };

/** Every call is one statement. Instants are compared with the server's clock. */
function openKeyValue(conn: Conn, { namespace }: OpenContext): Promise<Instance<KeyValue>> {
  const ask = <Row>(text: string, params: readonly unknown[], signal: AbortSignal | undefined) =>
    conn.call<Row>('key-value', text, [namespace, ...params], { signal, asArrays: true });

  const api: KeyValue = {
    async get(keys, options) {
      if (isNothing(keys, options?.signal)) return [];
      for (const key of keys) checkKey(key);
      const rows = await ask<readonly [key: string, value: string]>(GET, [textArray([...new Set(keys)])], options?.signal);
      const values = new Map(rows);
      return keys.map((key) => values.get(key) ?? null);
    },
    async set(entries, options) {
      if (isNothing(entries, options?.signal)) return [];
      for (const entry of entries) checkSet(entry);
      const rows = await ask<readonly [n: number, written: boolean]>(
        'select n, written from portico.kv_set($1, $2::text[], $3::text[], $4::bigint[], $5::text[])',
        [
          textArray(entries.map(({ key }) => key)),
          textArray(entries.map(({ value }) => value)),
          integerArray(entries.map(({ expiresAtMs }) => expiresAtMs)),
          textArray(entries.map(({ onlyIf }) => onlyIf)),
        ],
        options?.signal,
      );
      return aligned(rows, entries.length, false);
    },
    async take(keys, options) {
      return isNothing(keys, options?.signal) ? [] : removed(keys, options?.signal);
    },
    async add(entries, options) {
      if (isNothing(entries, options?.signal)) return [];
      for (const { key, delta, min, max, expiresAtMs } of entries) {
        checkKey(key);
        for (const [name, value] of Object.entries({ delta, min, max, expiresAtMs })) if (value !== undefined) checkSafe(name, value);
      }
      const rows = await ask<readonly [n: number, value: string | null]>(
        'select n, value from portico.kv_add($1, $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])',
        [
          textArray(entries.map(({ key }) => key)),
          ...(['delta', 'min', 'max', 'expiresAtMs'] as const).map((name) => integerArray(entries.map((entry) => entry[name]))),
        ],
        options?.signal,
      );
      return aligned(rows, entries.length, null).map((value) => (value === null ? null : Number(value)));
    },
    async remove(keys, options) {
      return isNothing(keys, options?.signal) ? [] : (await removed(keys, options?.signal)).map((value) => value !== null);
    },
  };
  const removed = async (keys: readonly string[], signal: AbortSignal | undefined): Promise<(string | null)[]> => {
    for (const key of keys) checkKey(key);
    const rows = await ask<readonly [n: number, value: string | null]>(
      'select n, value from portico.kv_remove($1, $2::text[])',
      [textArray(keys)],
      signal,
    );
    return aligned(rows, keys.length, null);
  };
  return Promise.resolve(openInstance(api, { port: 'key-value', adapter: 'postgres', health: () => conn.health() }));
}

/** The functions number their answers from 1 and give them in the order of keys. */
function aligned<Value>(rows: readonly (readonly [n: number, value: Value])[], length: number, missing: Value): Value[] {
  const answers = Array.from({ length }, () => missing);
  for (const [n, value] of rows) answers[n - 1] = value;
  return answers;
}

function isNothing(list: readonly unknown[], signal: AbortSignal | undefined): boolean {
  checkAborted(signal);
  checkInteger('the number of entries', list.length, 0, ENTRIES_MAX);
  return list.length === 0;
}

function checkSet({ key, value, expiresAtMs }: { key: string; value: string; expiresAtMs?: number }): void {
  checkKey(key);
  if (expiresAtMs !== undefined) checkSafe('expiresAtMs', expiresAtMs);
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw invalid(`value must be at most ${VALUE_BYTES_MAX} bytes`);
  if (value.includes('\0')) throw invalid('PostgreSQL keeps no U+0000 in text');
}

function checkKey(key: string): void {
  checkText('key', key, KEY_BYTES_MAX);
  if (key.includes('\0')) throw invalid('PostgreSQL keeps no U+0000 in text');
}

const checkSafe = (name: string, value: number) => checkInteger(name, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'key-value', adapter: 'postgres' });

const GET = `
select key, value from portico.key_values
 where namespace = $1 and key = any($2::text[]) and (expires_at_ms is null or expires_at_ms > portico.now_ms())`;
