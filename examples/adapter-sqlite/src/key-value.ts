import { checkAborted, checkInteger, checkText, openInstance, PortError, type Provider } from 'portico/adapter';
import { type AddEntry, KeyValue, type SetEntry } from 'portico/ports';
import type { Database } from './database.ts';

const KEY_BYTES_MAX = 512;
const VALUE_BYTES_MAX = 1024 * 1024;
const MOST = Number.MAX_SAFE_INTEGER;

export const keyValue: Provider<typeof KeyValue, Database> = {
  port: KeyValue,
  caps: {
    scope: 'cluster',
    durable: true,
    valueBytesMax: VALUE_BYTES_MAX,
    expiry: { granularityMs: 1 },
    atomic: ['take', 'add', 'onlyIf'],
  },
  async open(database, { namespace, now }) {
    const expired = 'delete from entry where namespace = ? and expires_at_ms <= ?';
    database.writing(() => database.statement(expired).run(namespace, now()));
    return openInstance<KeyValue>(createKeyValue(database, namespace, now), {
      port: 'key-value',
      adapter: 'sqlite',
      health: async () => database.health(),
    });
  },
};

function createKeyValue(database: Database, namespace: string, now: () => number): KeyValue {
  const entries = createEntries(database, namespace, now);
  return {
    async get(keys, options) {
      checkAborted(options?.signal);
      keys.forEach(checkKey);
      return database.reading(() => keys.map((key) => entries.find(key)?.value ?? null));
    },
    async set(list, options) {
      checkAborted(options?.signal);
      list.forEach(checkSet);
      return database.writing(() =>
        list.map(({ key, value, expiresAtMs, onlyIf }) => {
          if (onlyIf !== undefined && (onlyIf === 'present') !== (entries.find(key) !== null)) return false;
          entries.put(key, value, expiresAtMs ?? null);
          return true;
        }),
      );
    },
    async take(keys, options) {
      checkAborted(options?.signal);
      keys.forEach(checkKey);
      return database.writing(() =>
        keys.map((key) => {
          const value = entries.find(key)?.value ?? null;
          entries.remove(key);
          return value;
        }),
      );
    },
    async add(list, options) {
      checkAborted(options?.signal);
      list.forEach(checkAdd);
      return database.writing(() =>
        list.map(({ key, delta, min = -Infinity, max = Infinity, expiresAtMs }) => {
          const old = entries.find(key);
          const sum = integerOf(old?.value ?? '0') + delta;
          if (sum < min || sum > max) return null;
          if (!Number.isSafeInteger(sum)) throw invalid('the sum would leave ±(2^53 - 1)');
          entries.put(key, String(sum), old === null ? (expiresAtMs ?? null) : old.expiresAtMs);
          return sum;
        }),
      );
    },
    async remove(keys, options) {
      checkAborted(options?.signal);
      keys.forEach(checkKey);
      return database.writing(() =>
        keys.map((key) => {
          const isThere = entries.find(key) !== null;
          entries.remove(key);
          return isThere;
        }),
      );
    },
  };
}

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number | null;
}

/** Rows of one namespace. An entry whose instant has come counts as absent, and its row is taken over or cleared when the namespace is opened. */
function createEntries({ statement }: Database, namespace: string, now: () => number) {
  const selected =
    'select value, expires_at_ms from entry where namespace = ? and key = ? and (expires_at_ms is null or expires_at_ms > ?)';
  const upsert =
    'insert into entry values (?, ?, ?, ?) on conflict do update set value = excluded.value, expires_at_ms = excluded.expires_at_ms';
  return {
    find(key: string): Entry | null {
      const row = statement(selected).get(namespace, key, now());
      if (row === undefined) return null;
      return { value: String(row['value']), expiresAtMs: row['expires_at_ms'] === null ? null : Number(row['expires_at_ms']) };
    },
    put(key: string, value: string, expiresAtMs: number | null): void {
      statement(upsert).run(namespace, key, value, expiresAtMs);
    },
    remove(key: string): void {
      statement('delete from entry where namespace = ? and key = ?').run(namespace, key);
    },
  };
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'key-value', adapter: 'sqlite' });

function checkKey(key: string): void {
  checkText('key', key, KEY_BYTES_MAX);
}

function checkInstant(expiresAtMs: number | undefined): void {
  if (expiresAtMs !== undefined) checkInteger('expiresAtMs', expiresAtMs, -MOST, MOST);
}

function checkSet({ key, value, expiresAtMs }: SetEntry): void {
  checkKey(key);
  checkInstant(expiresAtMs);
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw invalid(`a value may have ${VALUE_BYTES_MAX} bytes at most`);
}

function checkAdd({ key, delta, min = 0, max = 0, expiresAtMs }: AddEntry): void {
  checkKey(key);
  checkInstant(expiresAtMs);
  checkInteger('delta', delta, -MOST, MOST);
  if (Number.isNaN(min) || Number.isNaN(max)) throw invalid('min and max must be numbers');
}

function integerOf(text: string): number {
  const number = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(number)) throw invalid('the value is no integer');
  return number;
}
