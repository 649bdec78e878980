/**
 * A doorbell: `ring` wakes whoever waits, and a ring that nobody waited for wakes the next one at once. Many rings before a wait are
 * one. Holds no data, so it can never grow.
 */
export interface Nudge {
  ring(): void;
  /** Resolves at a ring, after `timeoutMs`, or when the signal aborts; never rejects. */
  wait(options: { readonly signal: AbortSignal; readonly timeoutMs?: number }): Promise<void>;
}

export function createNudge(): Nudge {
  let isRung = false;
  const waiting = new Set<() => void>();
  return {
    ring() {
      if (waiting.size === 0) isRung = true;
      for (const wake of waiting) wake();
    },
    wait({ signal, timeoutMs }) {
      if (isRung || signal.aborted) {
        isRung = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = timeoutMs === undefined ? undefined : setTimeout(wake, timeoutMs);
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
