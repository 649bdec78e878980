import { isPortError, type LogRecord } from '../../../ports/index.ts';
import type { Wake } from './wakes.ts';

export interface FollowOptions {
  readonly after: number;
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly read: (after: number, limit: number) => Promise<readonly LogRecord[]>;
  readonly openWake: () => Promise<Wake>;
}

/** A notification that never came is made up for after this long. */
const RECHECK_MS = 5_000;
const BACKOFF_MS = [20, 50, 100, 200, 400, 800] as const;

/**
 * Reads to the end, then sleeps until news. The wake is opened before the first read, so what is committed after a read is heard of; a
 * lost connection is waited out and reading goes on from the position reached.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<readonly LogRecord[], void, undefined> {
  const { signal, limit } = options;
  let wake: Wake | undefined;
  let position = options.after;
  let failures = 0;
  try {
    while (!signal.aborted) {
      let batch: readonly LogRecord[];
      try {
        wake ??= await options.openWake();
        batch = await options.read(position, limit);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) throw error;
        await pause(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 800, signal);
        failures += 1;
        continue;
      }
      const newest = batch.at(-1);
      if (newest !== undefined) {
        if (signal.aborted) return;
        yield batch;
        position = newest.position;
      }
      if (batch.length < limit) await wake.past(position, RECHECK_MS, signal);
    }
  } finally {
    wake?.close();
  }
}

/** Faults that pass by themselves; anything else ends the follower. */
function isPassing(error: unknown): boolean {
  return isPortError(error) && error.retryable && error.code !== 'CONFLICT';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
