import { KeyValue, PortError } from '../../ports/index.ts';
import { mutantsOf } from './mutants-made.ts';

const mutant = mutantsOf(KeyValue);

/** Bugs of key-value adapters. */
export const textMutants = [
  mutant('a get that leaves out missing keys', 'get/aligned', (api) => ({
    get: async (keys) => (await api.get(keys)).filter((value) => value !== null),
  })),
  mutant('a get that asks once for a key named twice', 'get/aligned', (api) => ({ get: async (keys) => api.get([...new Set(keys)]) })),
  mutant('a take made of get and remove', 'take/one-winner', (api) => ({
    async take(keys) {
      const values = await api.get(keys);
      await api.remove(keys);
      return values;
    },
  })),
  mutant('an add that reads, adds and writes', 'add/concurrent-sum', (api) => ({
    async add(entries) {
      const [entry] = entries;
      if (entry === undefined) return [];
      const [value] = await api.get([entry.key]);
      const sum = Number(value ?? 0) + entry.delta;
      await api.set([{ key: entry.key, value: `${sum}` }]);
      return [sum];
    },
  })),
  mutant('a guard checked before the addition', 'add/guard-is-atomic', (api) => ({
    async add(entries) {
      const [entry] = entries;
      if (entry === undefined) return [];
      const [value] = await api.get([entry.key]);
      if (Number(value ?? 0) + entry.delta < (entry.min ?? -Infinity)) return [null];
      return api.add([{ key: entry.key, delta: entry.delta }]);
    },
  })),
  mutant('an onlyIf that asks first', 'only-if/one-winner', (api) => ({
    async set(entries, options) {
      const there = await api.get(entries.map(({ key }) => key));
      const free = entries.filter(({ onlyIf }, index) => onlyIf === undefined || (onlyIf === 'present') === (there[index] !== null));
      await api.set(
        free.map(({ key, value }) => ({ key, value })),
        options,
      );
      return entries.map((entry) => free.includes(entry));
    },
  })),
  mutant('expiry that is ignored', 'expiry/ends', (api) => ({
    set: (entries) => api.set(entries.map(({ key, value }) => ({ key, value }))),
  })),
  mutant('expiry rounded down to the second', 'expiry/ends', (api) => ({
    set: (entries) =>
      api.set(entries.map((entry) => (entry.expiresAtMs === undefined ? entry : { ...entry, expiresAtMs: entry.expiresAtMs - 1_000 }))),
  })),
  mutant('counters that move their expiry with every addition', 'expiry/add-keeps-the-first', (api) => ({
    async add(entries, options) {
      const sums = await api.add(entries, options);
      await api.set(
        entries.flatMap(({ key, expiresAtMs }, index) =>
          expiresAtMs === undefined || sums[index] === null ? [] : [{ key, value: `${sums[index]}`, expiresAtMs }],
        ),
      );
      return sums;
    },
  })),
  mutant('a set that applies the good entries of a bad call', 'bounds/keys', (api) => ({
    async set(entries, options) {
      const answers: boolean[] = [];
      for (const entry of entries) answers.push(...(await api.set([entry], options)));
      return answers;
    },
  })),
  mutant('a signal that nobody looks at', 'cancel/aborted', (api) => ({ get: (keys) => api.get(keys) })),
  mutant('foreign errors that come through', 'bounds/keys', (api) => ({
    get: (keys) => (keys.includes('') ? Promise.reject(new TypeError('empty key')) : api.get(keys)),
  })),
  mutant('names kept in a plain object', 'names/hostile', (api) => ({
    get: async (keys) => {
      const found = await api.get(keys);
      return found.map((value, index) => (keys[index] === 'constructor' || keys[index] === '__proto__' ? null : value));
    },
  })),
  mutant('trimmed values', 'values/text', (api) => ({
    get: async (keys) => (await api.get(keys)).map((value) => value?.trim() ?? null),
  })),
  mutant('a wrong code for an unsafe delta', 'add/unsafe-delta', (api) => ({
    add: (entries, options) =>
      api.add(entries, options).catch((error: unknown) => {
        throw new PortError('INTERNAL', 'it went wrong', { cause: error });
      }),
  })),
  mutant('a claim of cluster scope by a store of one process', 'scope/second-node', () => ({}), { scope: 'cluster' }),
  mutant('take that works but is not claimed', 'take/unclaimed', () => ({}), { atomic: ['add', 'onlyIf'] }),
  mutant('expiry that works but is not claimed', 'expiry/unclaimed', () => ({}), { expiry: undefined as never }),
];
