import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Caller, Prepared } from '../pipeline/types.ts';
import type { Counters } from './counters.ts';
import type { Delivery } from './delivery.ts';
import type { Member } from './feed.ts';
import type { Feeds } from './feeds.ts';
import { resumable, slowConsumer } from './resume.ts';

/** Events of a `live` feed that wait for a reader before the stream is cut with a resume hint. */
const WAITING_MAX = 256;

export interface Stream extends AsyncIterableIterator<ExecutionResult> {
  /** Yields one last result with these errors and where to resume, then ends. */
  end(error: GraphQLFormattedError): void;
}

export interface StreamOptions {
  readonly feeds: Feeds;
  readonly operation: Prepared;
  readonly caller: Caller;
  readonly counters: Counters;
  /** Called once. */
  readonly onEnd: () => void;
}

/** A subscription as an async iterable, for server-sent events. It takes part in the same shared feeds; iterating starts it. */
export function createStream({ feeds, operation, caller, counters, onEnd }: StreamOptions): Stream {
  const isLatest = operation.shared === 'latest';
  let waiting: ExecutionResult[] = [];
  let cursor: string | undefined;
  let isJoined = false;
  let isOver = false;
  let wake: (() => void) | undefined;

  const member: Member = {
    deliver(delivery: Delivery) {
      if (isOver) return;
      if (isLatest && waiting.length > 0) {
        waiting = [];
        counters.conflated();
      }
      if (waiting.length >= WAITING_MAX) return member.cut();
      waiting.push(delivery.result);
      cursor = delivery.cursor ?? cursor;
      wake?.();
    },
    fail: (errors, isResumable) => finish({ errors: isResumable ? resumable(errors, cursor) : errors }),
    complete: () => finish(undefined),
    cut() {
      counters.cut();
      finish({ errors: slowConsumer(cursor) });
    },
    isCongested: () => waiting.length > 0,
  };
  const abort = () => {
    waiting = [];
    finish(undefined);
  };

  /** Errors are formatted already; graphql-js types them as instances. */
  function finish(last: { readonly errors: readonly GraphQLFormattedError[] } | undefined): void {
    if (isOver) return;
    isOver = true;
    if (last) waiting.push(last as unknown as ExecutionResult);
    caller.signal.removeEventListener('abort', abort);
    feeds.leave(member);
    onEnd();
    wake?.();
  }

  function join(): void {
    isJoined = true;
    if (caller.signal.aborted) return abort();
    caller.signal.addEventListener('abort', abort, { once: true });
    feeds.join(operation, caller, member);
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (!isJoined && !isOver) join();
      for (;;) {
        const value = waiting.shift();
        if (value !== undefined) return { done: false, value };
        if (isOver) return { done: true, value: undefined };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async return() {
      abort();
      return { done: true, value: undefined };
    },
    end: (error) => finish({ errors: resumable([error], cursor) }),
  };
}
