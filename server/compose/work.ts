import type { Clock, Log, Work } from '../../plugins/kernel/index.ts';

const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 10_000;

export interface WorkRunner {
  /** `leaderboard.record`. */
  readonly works: readonly { readonly name: string; readonly work: Work }[];
  /** Resolves when every work has ended, after the signal aborted. */
  readonly done: Promise<void>;
}

/** Runs background work until the signal aborts. One that fails is logged once a fault and started again after a pause that doubles to a bound. */
export function runWorks(
  works: WorkRunner['works'],
  options: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): WorkRunner {
  return { works, done: Promise.all(works.map(({ name, work }) => keepRunning(name, work, options))).then(() => undefined) };
}

async function keepRunning(
  name: string,
  work: Work,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> {
  let pauseMs = PAUSE_MIN_MS;
  while (!signal.aborted) {
    const startedAtMs = clock.now();
    try {
      await work.run(signal);
      if (!signal.aborted) log.warn('background work ended by itself', { work: name });
    } catch (error) {
      if (!signal.aborted) log.error('background work failed', { work: name, error });
    }
    pauseMs = clock.now() - startedAtMs > PAUSE_MAX_MS ? PAUSE_MIN_MS : Math.min(pauseMs * 2, PAUSE_MAX_MS);
    if (!signal.aborted) await clock.sleep(pauseMs, signal);
  }
}
