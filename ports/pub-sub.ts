import { definePort, type Scope } from './port.ts';

export interface Message {
  readonly topic: string;
  /** Opaque UTF-8 text. */
  readonly data: string;
}

/**
 * What a full buffer does. `drop-oldest` makes room, `latest-per-topic` keeps only the newest message of each
 * topic (a topic's place in the queue stays), `fail` ends the subscription with OVERLOADED.
 */
export type Overflow = 'drop-oldest' | 'latest-per-topic' | 'fail';

export interface SubscribeOptions {
  readonly signal: AbortSignal;
  readonly buffer: { readonly max: number; readonly overflow: Overflow };
}

/**
 * A live subscription. Iterating yields what has gathered since the last step, oldest first, never an empty batch.
 * It ends without an error when the signal aborts or `close` is called. When messages may have been missed (the engine went away
 * and came back), it yields a batch that begins with `{ topic: '', data: 'gap' }` instead of hiding the hole.
 */
export interface Subscription extends AsyncIterable<readonly Message[]> {
  /** Messages left out because the buffer was full. */
  readonly dropped: number;
  /** Resolves when live, as `subscribe` does. Adding a topic twice is one subscription. */
  add(topics: readonly string[]): Promise<void>;
  remove(topics: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The marker of a possible hole in a subscription. */
export const GAP: Message = { topic: '', data: 'gap' };

/** Messages to whoever listens now. Nothing is kept for those who do not. Topics are 1–200 bytes. */
export interface PubSub {
  publish(messages: readonly Message[]): Promise<void>;
  /** Resolves when live: whatever is published after that, by any process in scope, is seen. `topics` may be empty. */
  subscribe(topics: readonly string[], options: SubscribeOptions): Promise<Subscription>;
}

export interface PubSubCaps {
  readonly scope: Scope;
  readonly delivery: 'at-most-once' | 'at-least-once';
  readonly order: 'none' | 'per-topic';
  readonly messageBytesMax: number;
}

export const PubSub = definePort<PubSub, PubSubCaps>()('pub-sub', 1);
