import { PortError } from '../../ports/index.ts';
import type { Link } from './link.ts';
import { abandonable } from './pool.ts';

export interface Hearer {
  /** A notification of the channel, in the order of commits. */
  readonly onNotify: (payload: string) => void;
  /** The channel is heard (again) from now on; what was notified before may have been missed. */
  readonly onLive: () => void;
}

/**
 * The one session that listens for all opened ports. It is opened with the first channel, comes back by itself after a loss, and is asked
 * every `PULSE_MS` whether it still lives, so that a half-open socket does not go unnoticed.
 */
export interface Listener {
  /** Registers at once; `live` resolves when the channel is heard. Never call with more channel names than a few per namespace. */
  hear(channel: string, hearer: Hearer): { live(signal: AbortSignal): Promise<void>; stop(): void };
  readonly isLive: boolean;
  close(): void;
}

export interface ListenerOptions {
  readonly open: (hooks: { onNotify: (channel: string, payload: string) => void; onLost: () => void }) => Promise<Link>;
  readonly onLost: () => void;
}

const PULSE_MS = 5_000;
const BACKOFF_MS = [20, 50, 100, 200, 400, 800] as const;
/** A new subscription waits this long for a listener that is away. */
const LIVE_WAIT_MS = 2_000;

export function createListener(options: ListenerOptions): Listener {
  const hearers = new Map<string, Set<Hearer>>();
  const listened = new Set<string>();
  const waitingForLive = new Set<() => void>();
  let link: Link | undefined;
  let isClosed = false;
  let isWorking = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;

  const goLive = (channel: string) => {
    if (listened.has(channel)) return;
    listened.add(channel);
    for (const hearer of hearers.get(channel) ?? []) hearer.onLive();
  };
  const onNotify = (channel: string, payload: string) => {
    // It may come in one packet with the answer to LISTEN, before anybody has read that.
    goLive(channel);
    for (const hearer of hearers.get(channel) ?? []) hearer.onNotify(payload);
  };
  const onLost = () => {
    link = undefined;
    listened.clear();
    if (isClosed) return;
    options.onLost();
    void work();
  };

  /** Brings the session and its channels to what is wanted; one run at a time. */
  const work = async () => {
    if (isWorking || isClosed) return;
    isWorking = true;
    try {
      link ??= await options.open({ onNotify, onLost });
      if (isClosed) {
        link.destroy();
        return;
      }
      for (let missing = firstMissing(); missing !== undefined; missing = firstMissing()) {
        const session: Link = link;
        await session.query(`listen "${missing}"`, [], { deadlineMs: PULSE_MS });
        if (session !== link) throw new PortError('UNAVAILABLE', 'the listening session was lost');
        goLive(missing);
      }
      failures = 0;
      for (const check of waitingForLive) check();
    } catch {
      link?.destroy();
      link = undefined;
      listened.clear();
      const delay = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 800;
      failures += 1;
      clearTimeout(retry);
      if (!isClosed) retry = setTimeout(() => void work(), delay);
    } finally {
      isWorking = false;
    }
  };
  const firstMissing = () => [...hearers.keys()].find((channel) => !listened.has(channel));

  const pulse = setInterval(() => {
    if (isWorking) return;
    const session = link;
    if (session === undefined) return void work();
    session.query('select 1', [], { deadlineMs: PULSE_MS }).catch(() => {
      session.destroy();
      if (session === link) onLost();
    });
  }, PULSE_MS);
  pulse.unref();

  const live = (channel: string, signal: AbortSignal): Promise<void> => {
    if (listened.has(channel)) return Promise.resolve();
    let check = () => undefined as void;
    let timer: NodeJS.Timeout | undefined;
    const waiting = new Promise<void>((resolve, reject) => {
      check = () => {
        if (listened.has(channel)) resolve();
        else if (isClosed) reject(new PortError('CLOSED', 'the connection to PostgreSQL is closed', { adapter: 'postgres' }));
      };
      timer = setTimeout(
        () => reject(new PortError('UNAVAILABLE', 'PostgreSQL cannot be listened to now', { adapter: 'postgres' })),
        LIVE_WAIT_MS,
      );
      waitingForLive.add(check);
      check();
    }).finally(() => {
      clearTimeout(timer);
      waitingForLive.delete(check);
    });
    return abandonable(waiting, signal);
  };

  return {
    hear(channel, hearer) {
      const group = hearers.get(channel) ?? new Set();
      hearers.set(channel, group.add(hearer));
      if (!listened.has(channel)) void work();
      return {
        live: (signal) => live(channel, signal),
        stop: () => {
          group.delete(hearer);
        },
      };
    },
    get isLive() {
      return link?.isAlive === true;
    },
    close() {
      isClosed = true;
      clearInterval(pulse);
      clearTimeout(retry);
      link?.destroy();
      for (const check of waitingForLive) check();
    },
  };
}
