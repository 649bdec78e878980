/**
 * A stream that ends at once when its reader leaves. A generator that waits cannot hear `return()` before its wait is over; here leaving aborts
 * the signal that the stream was opened with. `open` may answer something that is no stream, which is handed through.
 */
export async function closable<T, Other>(
  outer: AbortSignal,
  open: (signal: AbortSignal) => Promise<AsyncIterable<T> | Other>,
): Promise<AsyncIterableIterator<T, void> | Other> {
  const left = new AbortController();
  const signal = AbortSignal.any([outer, left.signal]);
  const opened = await open(signal);
  if (!isStream<T, Other>(opened)) {
    left.abort();
    return opened;
  }
  const iterator = opened[Symbol.asyncIterator]();
  const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
  const stream: AsyncIterableIterator<T, void> = {
    async next() {
      try {
        const step = await iterator.next();
        if (step.done !== true) return step;
      } catch (error) {
        // A call that was cut short because the reader has left is no fault.
        if (!signal.aborted) throw error;
      }
      left.abort();
      return end;
    },
    async return() {
      left.abort();
      await iterator.return?.().catch(() => undefined);
      return end;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

const isStream = <T, Other>(value: AsyncIterable<T> | Other): value is AsyncIterable<T> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
