import { GAP, type Message, PortError, type SubscribeOptions } from '../../ports/index.ts';

/**
 * The bounded buffer behind every subscription: what an engine's listener pushes, one reader takes in batches.
 *
 *   push ─► [ m1 m2 m3 … ] ≤ max ─► take everything at once
 *            overflow: drop-oldest · latest-per-topic · fail
 *
 * Memory is O(max). `push` is O(1), also when it drops.
 */
export interface Inbox extends AsyncIterable<readonly Message[]> {
  readonly dropped: number;
  push(message: Message): void;
  /** Marks a possible hole: the next batch begins with GAP. */
  gap(): void;
  end(error?: PortError): void;
}

export function createInbox(options: SubscribeOptions, onEnd: () => void): Inbox {
  const { max, overflow } = options.buffer;
  // Insertion-ordered, so dropping the oldest is O(1). The key is the topic when only its newest message is kept, else a running number.
  let waiting = new Map<string | number, Message>();
  let serial = 0;
  let dropped = 0;
  let hasGap = false;
  let ended = false;
  let failure: PortError | undefined;
  let wake: (() => void) | undefined;

  const end = (error?: PortError) => {
    if (ended) return;
    ended = true;
    failure = error;
    options.signal.removeEventListener('abort', onAbort);
    onEnd();
    wake?.();
  };
  const onAbort = () => end();
  const push = (message: Message) => {
    if (ended) return;
    const key = overflow === 'latest-per-topic' ? message.topic : serial++;
    if (waiting.has(key)) dropped += 1;
    else if (waiting.size >= max) {
      if (overflow === 'fail') {
        end(new PortError('OVERLOADED', `the subscriber fell ${max} messages behind`, { port: 'pub-sub' }));
        return;
      }
      const [oldest] = waiting.keys();
      if (oldest !== undefined) waiting.delete(oldest);
      dropped += 1;
    }
    waiting.set(key, message);
    wake?.();
  };
  const take = (): readonly Message[] => {
    const batch = [...(hasGap ? [GAP] : []), ...waiting.values()];
    waiting = new Map();
    hasGap = false;
    return batch;
  };

  if (options.signal.aborted) end();
  else options.signal.addEventListener('abort', onAbort, { once: true });

  return {
    get dropped() {
      return dropped;
    },
    push,
    gap() {
      hasGap = true;
      wake?.();
    },
    end,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (failure) throw failure;
          if (waiting.size > 0 || hasGap) yield take();
          else if (ended) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          wake = undefined;
        }
      } finally {
        end();
      }
    },
  };
}
