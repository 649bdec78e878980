import type { Clock } from './environment.ts';
import { createNudge } from './nudge.ts';
import type { Heard } from './topics.ts';

export interface LatestOptions<T> {
  /** Live already: what is published after the first read is heard. */
  readonly heard: AsyncIterable<Heard>;
  /** At least this long between two reads. */
  readonly everyMs: number;
  /** Reads again after this long even when nothing was heard, e.g. because time itself changes the answer. */
  readonly idleMs?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The answer now, given what was heard since the last read; undefined: nothing new to say. */
  readonly read: (heard: Heard) => Promise<T | undefined>;
}

/** Texts kept for the next read; with more, it is told that there was a gap. */
const KEPT_MAX = 1_024;

/**
 * A feed of snapshots: the answer now, then again whenever something was heard, at most once in `everyMs`. A reader that is slow gets the
 * newest answer when it asks for the next one and never sees the ones between, so nothing gathers for it.
 */
export async function* latest<T>(options: LatestOptions<T>): AsyncGenerator<T, void, undefined> {
  const { everyMs, idleMs, clock, signal, read } = options;
  const nudge = createNudge();
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  let kept: string[] = [];
  let hasGap = false;
  const hear = async () => {
    for await (const { messages, gap } of options.heard) {
      if (until.aborted) return;
      hasGap ||= gap || kept.length + messages.length > KEPT_MAX;
      if (kept.length + messages.length <= KEPT_MAX) kept.push(...messages);
      nudge.ring();
    }
  };
  const hearing = hear().finally(() => ended.abort());
  hearing.catch(() => undefined);
  try {
    while (!until.aborted) {
      const startedAtMs = clock.now();
      const heard = { messages: kept, gap: hasGap };
      kept = [];
      hasGap = false;
      const value = await read(heard);
      if (value !== undefined) yield value;
      await nudge.wait({ signal: until, ...(idleMs === undefined ? {} : { timeoutMs: idleMs }) });
      await clock.sleep(Math.max(0, startedAtMs + everyMs - clock.now()), until);
    }
    if (!signal.aborted) await hearing;
  } finally {
    ended.abort();
  }
}
