/**
 * Wakes one waiter. A ring while nobody waits is kept, and any number of them count as one, so nothing that rings between a look and the
 * wait after it is missed.
 */
export interface Bell {
  readonly ring: () => void;
  /** Resolves at a ring, when the signal aborts, or after `withinMs`. */
  wait(signal: AbortSignal, withinMs?: number): Promise<void>;
}

export function createBell(): Bell {
  let isRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      isRung = true;
      wake?.();
    },
    async wait(signal, withinMs) {
      if (!isRung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = withinMs === undefined ? undefined : setTimeout(done, withinMs);
          function done() {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            wake = undefined;
            resolve();
          }
          wake = done;
          signal.addEventListener('abort', done, { once: true });
        });
      }
      isRung = false;
    },
  };
}
