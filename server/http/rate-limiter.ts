import { createHash } from 'node:crypto';
import type { Clock, Log, Viewer } from '../../plugins/kernel/index.ts';
import type { KeyValue } from '../../ports/index.ts';
import type { Limits } from '../limits.ts';

export interface RateLimiter {
  /** Counts one operation. 0: it may run. Else the seconds after which one may run again. Never waits. */
  take(viewer: Viewer, ip: string): number;
  close(): Promise<void>;
}

export interface RateLimiterOptions {
  readonly limits: Pick<Limits, 'operationsPerMinuteViewer' | 'operationsPerMinuteIp'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Shared by the gateways of a cluster; without one each process counts by itself. */
  readonly keyValue?: KeyValue;
  /** How often counts are told to the store. */
  readonly syncMs?: number;
}

/** Callers counted at once in this process; past it the longest unseen are forgotten. */
const CALLERS_MAX = 50_000;
const WINDOW_MS = 60_000;
const SYNC_MS = 500;
/** Keys told to the store in one call. */
const SYNC_BATCH = 500;

/**
 * Operations in fixed windows of a minute, by viewer where there is one and by IP where not, counted in this process and told to the store
 * in batches, so that no operation waits for a round trip.
 *
 * Error bound: within one window a caller may pass its limit by at most what (gateways - 1) processes admit between two syncs; a caller at one
 * gateway never passes it. As with any fixed window, two limits may meet around a boundary. A store that fails costs the sharing, not the limit.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { limits, clock, keyValue } = options;
  const tallies = new Map<string, Tally>();
  const unsynced = new Set<Tally>();
  let windowStartMs = windowOf(clock.now());
  let syncing: Promise<void> | undefined;
  let hasFailed = false;

  const sync = async (store: KeyValue): Promise<void> => {
    const batch = [...unsynced].slice(0, SYNC_BATCH);
    if (batch.length === 0) return;
    const deltas = batch.map((tally) => tally.untold);
    for (const [index, tally] of batch.entries()) {
      unsynced.delete(tally);
      tally.untold -= deltas[index] ?? 0;
    }
    const entries = batch.map((tally, index) => ({
      key: `rate/${tally.windowStartMs / WINDOW_MS}/${tally.key}`,
      delta: deltas[index] ?? 0,
      expiresAtMs: tally.windowStartMs + 2 * WINDOW_MS,
    }));
    try {
      const totals = await store.add(entries);
      hasFailed = false;
      for (const [index, tally] of batch.entries()) tally.used = Math.max(tally.used, (totals[index] ?? 0) + tally.untold);
    } catch (error) {
      if (!hasFailed) options.log.warn('rate limits are counted by this process alone: the key-value store failed', { error });
      hasFailed = true;
    }
  };
  const syncOnce = (): Promise<void> => {
    if (keyValue === undefined) return Promise.resolve();
    syncing ??= sync(keyValue).finally(() => {
      syncing = undefined;
    });
    return syncing;
  };
  const timer = keyValue === undefined ? undefined : setInterval(() => void syncOnce(), options.syncMs ?? SYNC_MS).unref();

  const tallyOf = (key: string): Tally => {
    const known = tallies.get(key);
    if (known !== undefined) return known;
    const [oldest] = tallies.keys();
    if (tallies.size >= CALLERS_MAX && oldest !== undefined) tallies.delete(oldest);
    const tally: Tally = { key, windowStartMs, used: 0, untold: 0 };
    tallies.set(key, tally);
    return tally;
  };

  return {
    take(viewer, ip) {
      const nowMs = clock.now();
      if (nowMs - windowStartMs >= WINDOW_MS || nowMs < windowStartMs) {
        windowStartMs = windowOf(nowMs);
        tallies.clear();
      }
      const isAnonymous = viewer.kind === 'anonymous';
      const tally = tallyOf(isAnonymous ? `ip/${ip}` : viewerKey(viewer));
      const max = isAnonymous ? limits.operationsPerMinuteIp : limits.operationsPerMinuteViewer;
      if (tally.used >= max) return Math.max(1, Math.ceil((windowStartMs + WINDOW_MS - nowMs) / 1000));
      tally.used += 1;
      if (keyValue !== undefined) {
        if (tally.untold === 0) unsynced.add(tally);
        tally.untold += 1;
      }
      return 0;
    },
    async close() {
      clearInterval(timer);
      await syncing;
      await syncOnce();
    },
  };
}

interface Tally {
  readonly key: string;
  readonly windowStartMs: number;
  used: number;
  /** Of `used`, what the store has not heard of. */
  untold: number;
}

const windowOf = (nowMs: number): number => Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;

const keys = new WeakMap<Viewer, string>();

/** One text a viewer, since the same viewer object comes back from the token cache. */
function viewerKey(viewer: Viewer): string {
  let key = keys.get(viewer);
  if (key === undefined) {
    key = `${viewer.kind}/${viewer.id}`;
    if (key.length > KEY_CHARS_MAX) key = `hash/${createHash('sha256').update(key).digest('hex')}`;
    keys.set(viewer, key);
  }
  return key;
}

/** Keys of the store end at 512 bytes; a character is four at most. */
const KEY_CHARS_MAX = 100;
