import { type ApiOf, isPortError, type KeyValue, type Waiting } from '../../ports/index.ts';
import type { Clock, Meter, Random } from '../kernel/index.ts';
import type { Profile } from './profile.ts';

/**
 * Profiles by id over key-value. Two keys an id:
 *
 *   mark:ada     "busy" while a write is under way, else the name of the last write; forgotten after MARK_MS
 *   profile:ada  [mark it was read under, name, pictureUrl, createdAtMs], or [mark] for "there is none"
 *
 * An entry counts only while its mark is the one that stands. A writer sets `busy` before its transaction and a fresh mark after it, so a
 * reader that loaded the old row and stores it late stores it under a mark that is gone. Entries live shorter than marks, and their life
 * is counted from before their row was read, so no entry can outlast the mark that voids it. A writer that fails or is killed leaves `busy`,
 * which only makes its ids uncached until it is forgotten.
 */
export interface ProfileCache {
  /** Aligned. What is not held is loaded with one call of `load`, which leaves out what does not exist. At most one get and one set. */
  read(
    ids: readonly string[],
    load: (missing: readonly string[]) => Promise<readonly Profile[]>,
    options?: Waiting,
  ): Promise<(Profile | null)[]>;
  /** Runs a write of these profiles; from its end on no reader of this store sees what stood before. Two sets; the store must answer. */
  around<T>(ids: readonly string[], write: () => Promise<T>): Promise<T>;
}

export interface ProfileCacheOptions {
  readonly store: ApiOf<typeof KeyValue>;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
  /** How long an entry may live, in milliseconds: at most ENTRY_MS_MAX. */
  readonly entryMs: number;
}

export const ENTRY_MS_MAX = 60_000;
/** "There is none" is kept for a shorter time, so that asking for made-up ids cannot fill the store. */
export const ABSENT_MS = 5_000;
/** Twice an entry's life, so that clocks may differ by as much. */
export const MARK_MS = 2 * ENTRY_MS_MAX;

export function createProfileCache({ store, clock, random, meter, entryMs }: ProfileCacheOptions): ProfileCache {
  const reads = meter.counter('profile_reads_total', 'Profiles asked for, by where they were found.', ['found']);

  const faults = meter.counter('profile_cache_faults_total', 'Cache calls that failed and were answered by the record.', ['code']);

  const setMarks = (ids: readonly string[], mark: string) => {
    const expiresAtMs = clock.now() + MARK_MS;
    return store.set(ids.map((id) => ({ key: markKey(id), value: mark, expiresAtMs })));
  };

  return {
    async read(ids, load, options) {
      const unique = [...new Set(ids)];
      if (unique.length === 0) return [];
      const startedAtMs = clock.now();
      const held = await unlessDown(store.get([...unique.map(markKey), ...unique.map(entryKey)], options));
      const found = new Map<string, Profile | null>();
      const missing = new Map<string, string>();
      for (const [i, id] of unique.entries()) {
        const mark = held === undefined ? BUSY : (held[i] ?? NO_MARK);
        const entry = mark === BUSY ? undefined : decode(id, mark, held?.[unique.length + i] ?? null);
        if (entry === undefined) missing.set(id, mark);
        else found.set(id, entry);
      }
      reads.add(found.size, { found: 'cache' });
      if (missing.size > 0) {
        reads.add(missing.size, { found: 'record' });
        const loaded = new Map((await load([...missing.keys()])).map((profile) => [profile.id, profile]));
        for (const id of missing.keys()) found.set(id, loaded.get(id) ?? null);
        const entries = [...missing]
          .filter(([, mark]) => mark !== BUSY)
          .map(([id, mark]) => fresh(id, mark, loaded.get(id) ?? null, startedAtMs));
        if (entries.length > 0) await unlessDown(store.set(entries, options));
      }
      return ids.map((id) => found.get(id) ?? null);
    },

    async around(ids, write) {
      await setMarks(ids, BUSY);
      const result = await write();
      await setMarks(ids, random.id());
      return result;
    },
  };

  /** A store that does not answer costs speed and is counted; the record has the truth. */
  async function unlessDown<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      if (!isPortError(error) || !error.retryable) throw error;
      faults.add(1, { code: error.code });
      return undefined;
    }
  }

  function fresh(id: string, mark: string, profile: Profile | null, startedAtMs: number) {
    const value = JSON.stringify(profile === null ? [mark] : [mark, profile.name, profile.pictureUrl, profile.createdAtMs]);
    return { key: entryKey(id), value, expiresAtMs: startedAtMs + (profile === null ? Math.min(ABSENT_MS, entryMs) : entryMs) };
  }
}

const BUSY = 'busy';
const NO_MARK = '';
const markKey = (id: string) => `mark:${id}`;
const entryKey = (id: string) => `profile:${id}`;

/** The entry's profile, null for "there is none", undefined when it is absent or stands under another mark. */
function decode(id: string, mark: string, text: string | null): Profile | null | undefined {
  if (text === null) return undefined;
  const entry = JSON.parse(text) as readonly [string] | readonly [string, string, string | null, number];
  if (entry[0] !== mark) return undefined;
  return entry.length === 1 ? null : { id, name: entry[1], pictureUrl: entry[2], createdAtMs: entry[3] };
}
