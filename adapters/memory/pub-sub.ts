import { type Message, type Provider, PubSub, type PubSubCaps, type SubscribeOptions, type Subscription } from '../../ports/index.ts';
import { checkInteger, checkText, createInbox, type Inbox, PortError } from '../kit/index.ts';
import type { Spaces, Sweepable } from './spaces.ts';

const TOPIC_BYTES_MAX = 200;
const MESSAGE_BYTES_MAX = 1 << 20;
const BUFFER_MAX = 1_000_000;

const caps: PubSubCaps = { scope: 'process', delivery: 'at-most-once', order: 'per-topic', messageBytesMax: MESSAGE_BYTES_MAX };

/**
 * Topics to the inboxes of whoever listens. `publish` only fills inboxes; readers run in later turns, so what they publish in answer
 * cannot overtake the messages of the call that woke them. A topic nobody listens to is not held.
 */
export const pubSub: Provider<typeof PubSub, Spaces> = {
  port: PubSub,
  caps,
  async open(spaces, context) {
    const topics = spaces.of('pub-sub', context.namespace, context.now, createTopics);
    const ends = new Set<() => void>();
    const endAll = () => {
      for (const end of ends) end();
    };
    context.signal.addEventListener('abort', endAll, { once: true });
    return spaces.instance('pub-sub', createPubSub(topics, ends), () => {
      context.signal.removeEventListener('abort', endAll);
      endAll();
    });
  },
};

/** Listeners by topic; no topic has an empty set. */
export interface Topics extends Sweepable {
  readonly listeners: Map<string, Set<Inbox>>;
}

export const createTopics = (): Topics => ({ listeners: new Map(), sweep() {} });

/** `ends` closes every subscription made here; each takes itself out when it ends. */
export function createPubSub({ listeners }: Topics, ends: Set<() => void>): PubSub {
  return {
    async publish(messages) {
      messages.forEach(checkMessage);
      for (const message of messages) {
        for (const inbox of listeners.get(message.topic) ?? []) inbox.push(message);
      }
    },
    async subscribe(topics, options) {
      checkInteger('buffer.max', options.buffer.max, 1, BUFFER_MAX);
      const subscription = createSubscription(listeners, options, ends);
      await subscription.add(topics);
      return subscription;
    },
  };
}

function createSubscription(listeners: Map<string, Set<Inbox>>, options: SubscribeOptions, ends: Set<() => void>): Subscription {
  const mine = new Set<string>();
  let isOver = false;
  const leave = (topic: string) => {
    if (!mine.delete(topic)) return;
    const inboxes = listeners.get(topic);
    inboxes?.delete(inbox);
    if (inboxes?.size === 0) listeners.delete(topic);
  };
  const end = () => inbox.end();
  ends.add(end);
  const inbox = createInbox(options, () => {
    isOver = true;
    ends.delete(end);
    for (const topic of mine) leave(topic);
  });
  return {
    get dropped() {
      return inbox.dropped;
    },
    async add(topics) {
      for (const topic of topics) checkText('topic', topic, TOPIC_BYTES_MAX);
      if (isOver && !options.signal.aborted)
        throw new PortError('CLOSED', 'the subscription has ended', { port: 'pub-sub', adapter: 'memory' });
      if (isOver) return;
      for (const topic of topics) {
        mine.add(topic);
        const inboxes = listeners.get(topic) ?? new Set();
        listeners.set(topic, inboxes.add(inbox));
      }
    },
    async remove(topics) {
      topics.forEach(leave);
    },
    async close() {
      inbox.end();
    },
    [Symbol.asyncIterator]: () => inbox[Symbol.asyncIterator](),
  };
}

function checkMessage({ topic, data }: Message): void {
  checkText('topic', topic, TOPIC_BYTES_MAX);
  if (data.length * 3 > MESSAGE_BYTES_MAX && Buffer.byteLength(data) > MESSAGE_BYTES_MAX) {
    throw new PortError('INVALID_ARGUMENT', `a message must be at most ${MESSAGE_BYTES_MAX} bytes`);
  }
}
