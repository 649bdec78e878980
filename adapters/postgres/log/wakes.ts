import type { Listener } from '../listener.ts';

/** What one follower waits on: the newest position heard of in its partition. */
export interface Wake {
  /** Resolves when a position above `position` was heard of, something may have been missed, `maxMs` have passed or the signal aborts. */
  past(position: number, maxMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** News of appended records, shared by all followers of a connection: one channel, one map. O(followers of the partition) per notification. */
export interface Wakes {
  open(topicId: number, partition: number): Wake;
  /** A position this process itself has just seen committed; the notification will say the same later. */
  tell(topicId: number, partition: number, last: number): void;
}

interface Sleeper {
  last: number;
  isStale: boolean;
  rouse: (() => void) | undefined;
}

export const LOG_CHANNEL = 'portico_log';

export function createWakes(listener: Listener): Wakes {
  const sleepers = new Map<string, Set<Sleeper>>();

  const tell = (key: string, last: number) => {
    for (const sleeper of sleepers.get(key) ?? []) {
      if (last <= sleeper.last) continue;
      sleeper.last = last;
      sleeper.rouse?.();
    }
  };
  let heard: ReturnType<Listener['hear']> | undefined;
  const hear = () => {
    heard ??= listener.hear(LOG_CHANNEL, {
      onNotify: (payload) => {
        const end = payload.lastIndexOf(' ');
        tell(payload.slice(0, end), Number(payload.slice(end + 1)));
      },
      onLive: () => {
        for (const group of sleepers.values()) {
          for (const sleeper of group) {
            sleeper.isStale = true;
            sleeper.rouse?.();
          }
        }
      },
    });
  };

  return {
    tell: (topicId, partition, last) => tell(`${topicId} ${partition}`, last),
    open(topicId, partition) {
      hear();
      const key = `${topicId} ${partition}`;
      const sleeper: Sleeper = { last: 0, isStale: false, rouse: undefined };
      const group = sleepers.get(key) ?? new Set();
      sleepers.set(key, group.add(sleeper));
      return {
        past: (position, maxMs, signal) => sleep(sleeper, position, maxMs, signal),
        close() {
          group.delete(sleeper);
          if (group.size === 0 && sleepers.get(key) === group) sleepers.delete(key);
        },
      };
    },
  };
}

function sleep(sleeper: Sleeper, position: number, maxMs: number, signal: AbortSignal): Promise<void> {
  if (sleeper.isStale || sleeper.last > position || signal.aborted) {
    sleeper.isStale = false;
    return Promise.resolve();
  }
  return new Promise<void>((resolve) => {
    const rouse = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', rouse);
      sleeper.rouse = undefined;
      sleeper.isStale = false;
      resolve();
    };
    const timer = setTimeout(rouse, maxMs);
    signal.addEventListener('abort', rouse, { once: true });
    sleeper.rouse = rouse;
  });
}
