import type { Environment, Topics } from '../kernel/index.ts';

/**
 * Posts to live listeners without a queue: while one publish is under way, what comes for a topic is merged into one message. Losing a
 * message costs listeners a moment, never an answer, so a fault is counted and not retried.
 */
export interface Broadcast {
  post<T>(topic: string, merge: (pending: T | undefined) => T): void;
}

export function createBroadcast(topics: Topics, environment: Pick<Environment, 'meter'>): Broadcast {
  const lost = environment.meter.counter('broadcast_lost_total', 'Messages to live listeners that the engine did not take.');
  let pending = new Map<string, unknown>();
  let isFlushing = false;
  const flush = async () => {
    isFlushing = true;
    while (pending.size > 0) {
      const messages = [...pending].map(([topic, value]) => ({ topic, data: JSON.stringify(value) }));
      pending = new Map();
      await topics.publish(messages).catch(() => lost.add(messages.length));
    }
    isFlushing = false;
  };
  return {
    post<T>(topic: string, merge: (pending: T | undefined) => T) {
      pending.set(topic, merge(pending.get(topic) as T | undefined));
      if (!isFlushing) void flush();
    },
  };
}
