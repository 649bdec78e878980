import { GAP, type Message, type PubSub, type Subscription } from '../../ports/index.ts';
import type { Environment } from './environment.ts';

/** What a listener gets: the texts that gathered since its last step, oldest first. `gap`: some may have been missed before them. */
export interface Heard {
  readonly messages: readonly string[];
  readonly gap: boolean;
}

/** Live text by topic. One engine subscription per process, however many listen; one more listener costs a set entry. */
export interface Topics {
  publish(messages: readonly Message[]): Promise<void>;
  /**
   * Live when the promise resolves. A listener that falls `buffer` (default 256) messages behind loses the oldest and sees `gap`. Ends when
   * the signal aborts or the iteration is left.
   */
  listen(topic: string, options: { readonly signal: AbortSignal; readonly buffer?: number }): Promise<AsyncIterable<Heard>>;
}

const BUFFER = 256;
const ENGINE_BUFFER = 65_536;
const RETRY_MS = 250;

export function createTopics(pubSub: PubSub, environment: Pick<Environment, 'clock' | 'log' | 'meter' | 'signal'>): Topics {
  const listeners = new Map<string, Set<Listener>>();
  const dropped = environment.meter.counter('feed_dropped_total', 'Messages that slow listeners of live feeds missed.');
  let opening: Promise<Subscription> | undefined;

  const all = function* () {
    for (const set of listeners.values()) yield* set;
  };
  const deliver = (batch: readonly Message[]) => {
    for (const message of batch) {
      if (message.topic === GAP.topic && message.data === GAP.data) for (const listener of all()) listener.gap();
      else for (const listener of listeners.get(message.topic) ?? []) dropped.add(listener.push(message.data));
    }
  };
  const pump = async (subscription: Subscription) => {
    try {
      for await (const batch of subscription) deliver(batch);
    } catch (error) {
      environment.log.warn('the live feed lost its engine', { cause: String(error) });
    }
    opening = undefined;
    for (const listener of all()) listener.gap();
    await reopen();
  };
  const reopen = async () => {
    while (!environment.signal.aborted && listeners.size > 0 && opening === undefined) {
      try {
        await open();
      } catch {
        await environment.clock.sleep(RETRY_MS, environment.signal);
      }
    }
  };
  const open = (): Promise<Subscription> => {
    opening ??= pubSub
      .subscribe([...listeners.keys()], { signal: environment.signal, buffer: { max: ENGINE_BUFFER, overflow: 'drop-oldest' } })
      .then(
        (subscription) => {
          void pump(subscription);
          return subscription;
        },
        (error: unknown) => {
          opening = undefined;
          throw error;
        },
      );
    return opening;
  };
  const join = async (topic: string, listener: Listener) => {
    const set = listeners.get(topic) ?? new Set();
    listeners.set(topic, set.add(listener));
    const subscription = await open();
    await subscription.add([topic]);
  };
  const leave = (topic: string, listener: Listener) => {
    const set = listeners.get(topic);
    if (set?.delete(listener) !== true || set.size > 0) return;
    listeners.delete(topic);
    void opening?.then((subscription) => (listeners.has(topic) ? undefined : subscription.remove([topic]))).catch(() => undefined);
  };

  return {
    publish: (messages) => pubSub.publish(messages),
    async listen(topic, { signal, buffer = BUFFER }) {
      const listener = createListener(buffer, signal, () => leave(topic, listener));
      try {
        await join(topic, listener);
      } catch (error) {
        listener.end();
        throw error;
      }
      return listener;
    },
  };
}

interface Listener extends AsyncIterable<Heard> {
  /** Answers how many were dropped for it. */
  push(text: string): number;
  gap(): void;
  end(): void;
}

function createListener(max: number, signal: AbortSignal, onEnd: () => void): Listener {
  let waiting: string[] = [];
  let hasGap = false;
  let isEnded = false;
  let wake: (() => void) | undefined;
  const end = () => {
    if (isEnded) return;
    isEnded = true;
    signal.removeEventListener('abort', end);
    onEnd();
    wake?.();
  };
  const gap = () => {
    hasGap = true;
    wake?.();
  };
  if (signal.aborted) isEnded = true;
  else signal.addEventListener('abort', end, { once: true });
  return {
    push(text) {
      if (isEnded) return 0;
      const isFull = waiting.length >= max;
      if (isFull) {
        waiting.splice(0, Math.ceil(max / 2));
        hasGap = true;
      }
      waiting.push(text);
      wake?.();
      return isFull ? Math.ceil(max / 2) : 0;
    },
    gap,
    end,
    async *[Symbol.asyncIterator]() {
      try {
        while (!isEnded) {
          if (waiting.length > 0 || hasGap) {
            const heard = { messages: waiting, gap: hasGap };
            waiting = [];
            hasGap = false;
            yield heard;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            wake = undefined;
          }
        }
      } finally {
        end();
      }
    },
  };
}
