import { createNudge } from './nudge.ts';
import type { Batch, Source } from './source.ts';

export interface LogFeedOptions {
  /** Position per partition to go on after. */
  readonly after: readonly number[];
  /** Records in one step, default 200. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

export interface LogStep<T> {
  readonly partition: number;
  readonly batch: Batch<T>;
  /** What to go on after once this step is taken: one position per partition. */
  readonly positions: readonly number[];
}

const LIMIT = 200;

/**
 * All partitions of a source as one stream, each in its own order. A step is read ahead of the reader and no more, so a slow reader holds one
 * batch per partition. Positions that the source no longer holds: CURSOR_EXPIRED.
 */
export async function* logFeed<T>(source: Source<T>, options: LogFeedOptions): AsyncGenerator<LogStep<T>, void, undefined> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const positions = Array.from({ length: source.partitions }, (_, partition) => options.after[partition] ?? 0);
  const iterators = positions.map((after, partition) =>
    source.follow(partition, { after, limit: options.limit ?? LIMIT, signal })[Symbol.asyncIterator](),
  );
  // A queue and a bell instead of Promise.race, which would hang one more reaction on the promise of an idle partition at every step.
  const ready: { readonly partition: number; readonly step: IteratorResult<Batch<T>> | { readonly fault: unknown } }[] = [];
  const bell = createNudge();
  const ask = async (partition: number) => {
    const step = await iterators[partition]?.next().catch((fault: unknown) => ({ fault }));
    if (step !== undefined) ready.push({ partition, step });
    bell.ring();
  };
  const asked = iterators.map((_, partition) => ask(partition));
  let open = iterators.length;
  try {
    while (open > 0) {
      const first = ready.shift();
      if (first === undefined) {
        await bell.wait({ signal: ended.signal });
        continue;
      }
      const { partition, step } = first;
      if ('fault' in step) throw step.fault;
      if (step.done === true) {
        open -= 1;
        continue;
      }
      asked[partition] = ask(partition);
      positions[partition] = step.value.position;
      yield { partition, batch: step.value, positions: [...positions] };
    }
  } finally {
    ended.abort();
    await Promise.all(asked);
  }
}
