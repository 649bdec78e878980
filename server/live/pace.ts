import type { Clock } from '../../plugins/kernel/index.ts';

/** Answers false once more than `perSecond` calls came within one second. */
export function createPace(clock: Clock, perSecond: number): () => boolean {
  let startMs = 0;
  let count = 0;
  return () => {
    const nowMs = clock.now();
    if (nowMs - startMs >= 1_000 || nowMs < startMs) {
      startMs = nowMs;
      count = 0;
    }
    count += 1;
    return count <= perSecond;
  };
}
