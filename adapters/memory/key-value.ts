import { type AddEntry, KeyValue, type KeyValueCaps, type Provider, type SetEntry } from '../../ports/index.ts';
import { checkAborted, checkInteger, checkText, PortError } from '../kit/index.ts';
import { createExpiryHeap } from './expiry-heap.ts';
import type { Spaces, Sweepable } from './spaces.ts';

const KEY_BYTES_MAX = 512;
const VALUE_BYTES_MAX = 1 << 20;
/** Keys of one namespace; a `Map` ends at 16.7 M. A further key is refused with OVERLOADED, after expired ones were let go. */
const KEYS_MAX = 16_000_000;
/** UTF-16 units of all keys and values of one namespace, 1–2 bytes each. Beyond it: OVERLOADED. */
const UNITS_MAX = 2 ** 29;
const MAX = Number.MAX_SAFE_INTEGER;

const caps: KeyValueCaps = {
  scope: 'process',
  durable: false,
  valueBytesMax: VALUE_BYTES_MAX,
  expiry: { granularityMs: 1 },
  atomic: ['take', 'add', 'onlyIf'],
};

/** A map with a heap of instants beside it. An expired key is absent from its instant on; its memory comes back when touched or swept. */
export const keyValue: Provider<typeof KeyValue, Spaces> = {
  port: KeyValue,
  caps,
  async open(spaces, context) {
    const space = spaces.of('key-value', context.namespace, context.now, createEntries);
    return spaces.instance('key-value', createKeyValue(space));
  },
};

interface Entry {
  readonly key: string;
  value: string;
  expirySlot: number;
}

interface Entries extends Sweepable {
  find(key: string): Entry | undefined;
  remove(entry: Entry): void;
  /** `expiresAtMs` undefined: it stays. */
  put(key: string, value: string, expiresAtMs: number | undefined): void;
  /** Keeps the entry's expiry. */
  change(entry: Entry, value: string): void;
}

function createEntries(now: () => number): Entries {
  const entries = new Map<string, Entry>();
  const expiring = createExpiryHeap<Entry>((entry, slot) => {
    entry.expirySlot = slot;
  });
  let units = 0;

  const remove = (entry: Entry) => {
    if (entry.expirySlot > 0) expiring.remove(entry.expirySlot);
    entries.delete(entry.key);
    units -= entry.key.length + entry.value.length;
  };
  const find = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined || entry.expirySlot === 0 || expiring.atMs(entry.expirySlot) > now()) return entry;
    remove(entry);
    return undefined;
  };
  const sweep = (max: number) => {
    for (let swept = 0; swept < max; swept++) {
      const entry = expiring.takeExpired(now());
      if (entry === undefined) return;
      remove(entry);
    }
  };
  const makeRoom = (keys: number, added: number) => {
    if (entries.size + keys <= KEYS_MAX && units + added <= UNITS_MAX) return;
    sweep(entries.size);
    if (entries.size + keys <= KEYS_MAX && units + added <= UNITS_MAX) return;
    throw new PortError('OVERLOADED', 'the memory for keys and values is used up', { port: 'key-value', adapter: 'memory' });
  };

  return {
    find,
    remove,
    sweep,
    put(key, value, expiresAtMs) {
      const known = find(key);
      if (known !== undefined) remove(known);
      if (expiresAtMs !== undefined && expiresAtMs <= now()) return;
      makeRoom(1, key.length + value.length);
      const entry: Entry = { key, value, expirySlot: 0 };
      entries.set(key, entry);
      units += key.length + value.length;
      if (expiresAtMs !== undefined) expiring.add(entry, expiresAtMs);
    },
    change(entry, value) {
      units += value.length - entry.value.length;
      entry.value = value;
    },
  };
}

function createKeyValue(entries: Entries): KeyValue {
  const set = ({ key, value, expiresAtMs, onlyIf }: SetEntry): boolean => {
    if (onlyIf !== undefined && (entries.find(key) !== undefined) !== (onlyIf === 'present')) return false;
    entries.put(key, value, expiresAtMs);
    return true;
  };
  const add = ({ key, delta, min = -MAX, max = MAX, expiresAtMs }: AddEntry): number | null => {
    const entry = entries.find(key);
    const sum = (entry === undefined ? 0 : Number(entry.value)) + delta;
    if (sum < min || sum > max) return null;
    if (entry === undefined) entries.put(key, String(sum), expiresAtMs);
    else entries.change(entry, String(sum));
    return sum;
  };
  const take = (key: string): string | null => {
    const entry = entries.find(key);
    if (entry !== undefined) entries.remove(entry);
    return entry?.value ?? null;
  };
  return {
    async get(keys, { signal } = {}) {
      checkKeys(keys, signal);
      return keys.map((key) => entries.find(key)?.value ?? null);
    },
    async set(given, { signal } = {}) {
      checkAborted(signal);
      given.forEach(checkSet);
      return given.map(set);
    },
    async take(keys, { signal } = {}) {
      checkKeys(keys, signal);
      return keys.map(take);
    },
    async add(given, { signal } = {}) {
      checkAborted(signal);
      for (const entry of given) {
        checkAdd(entry);
        const value = entries.find(entry.key)?.value;
        if (value !== undefined && !isInteger(value)) throw new PortError('INVALID_ARGUMENT', `${entry.key} holds no integer`);
      }
      return given.map(add);
    },
    async remove(keys, { signal } = {}) {
      checkKeys(keys, signal);
      return keys.map((key) => take(key) !== null);
    },
  };
}

function checkKeys(keys: readonly string[], signal: AbortSignal | undefined): void {
  checkAborted(signal);
  for (const key of keys) checkText('key', key, KEY_BYTES_MAX);
}

function checkSet({ key, value, expiresAtMs }: SetEntry): void {
  checkText('key', key, KEY_BYTES_MAX);
  if (value.length * 3 > VALUE_BYTES_MAX && Buffer.byteLength(value) > VALUE_BYTES_MAX) {
    throw new PortError('INVALID_ARGUMENT', `value must be at most ${VALUE_BYTES_MAX} bytes`);
  }
  if (expiresAtMs !== undefined) checkInteger('expiresAtMs', expiresAtMs, -MAX, MAX);
}

function checkAdd({ key, delta, min, max, expiresAtMs }: AddEntry): void {
  checkText('key', key, KEY_BYTES_MAX);
  checkInteger('delta', delta, -MAX, MAX);
  if (min !== undefined) checkInteger('min', min, -MAX, MAX);
  if (max !== undefined) checkInteger('max', max, -MAX, MAX);
  if (expiresAtMs !== undefined) checkInteger('expiresAtMs', expiresAtMs, -MAX, MAX);
}

const isInteger = (value: string): boolean => /^-?\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value));
