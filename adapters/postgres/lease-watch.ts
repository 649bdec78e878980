import { isPortError, type LeaseState } from '../../ports/index.ts';
import type { Listener } from './listener.ts';

export interface LeaseWatchOptions {
  readonly listener: Listener;
  readonly channel: string;
  /** What a notification about this lease says. */
  readonly payload: string;
  /** The state now and, while it is held, the milliseconds until it runs out by the server's clock. */
  readonly read: (signal: AbortSignal) => Promise<{ readonly state: LeaseState; readonly leftMs: number | null }>;
  readonly signal: AbortSignal;
}

/** A lease that is prolonged is looked at again when it would have run out, so renewals need no notification. */
const RECHECK_MS = 5_000;
const RETRY_MS = 200;
/** Past the instant, so that the server agrees it has passed. */
const MARGIN_MS = 2;

/** The state, then every change of it. A notification, the end of the lease or a reconnection makes it look again; the latest state wins. */
export async function* watchLease(options: LeaseWatchOptions): AsyncGenerator<LeaseState, void, undefined> {
  const { signal } = options;
  let isStale = false;
  let rouse: (() => void) | undefined;
  const mark = () => {
    isStale = true;
    rouse?.();
  };
  const heard = options.listener.hear(options.channel, { onNotify: (payload) => payload === options.payload && mark(), onLive: mark });
  signal.addEventListener('abort', mark, { once: true });
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      if (isStale) return resolve();
      const timer = setTimeout(resolve, ms);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  let shown: LeaseState | undefined;
  try {
    while (!signal.aborted) {
      isStale = false;
      let waitMs = RETRY_MS;
      try {
        const { state, leftMs } = await options.read(signal);
        waitMs = Math.min(RECHECK_MS, (leftMs ?? RECHECK_MS) + MARGIN_MS);
        if (shown?.holder !== state.holder || shown.token !== state.token) {
          shown = state;
          yield state;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isPortError(error) || !error.retryable) throw error;
      }
      await sleep(waitMs);
      rouse = undefined;
    }
  } finally {
    heard.stop();
    signal.removeEventListener('abort', mark);
  }
}
