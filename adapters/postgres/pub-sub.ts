import {
  type Instance,
  type Message,
  type OpenContext,
  PortError,
  type Provider,
  PubSub,
  type PubSubCaps,
  type Subscription,
} from '../../ports/index.ts';
import { checkAborted, checkText, createInbox, type Inbox, openInstance } from '../kit/index.ts';
import type { Conn } from './connection.ts';
import { createLane } from './lane.ts';
import { createReader, partsOf } from './pub-sub-parts.ts';
import { textArray } from './text-array.ts';

const MESSAGE_BYTES_MAX = 262_144;
const MESSAGE_WEIGHT = 64;
const GROUP_WEIGHT_MAX = 2 ** 20;
const WAITING_WEIGHT_MAX = 32 * 2 ** 20;

const caps: PubSubCaps = { scope: 'cluster', delivery: 'at-most-once', order: 'per-topic', messageBytesMax: MESSAGE_BYTES_MAX };

export const pubSubProvider: Provider<typeof PubSub, Conn> = { port: PubSub, caps, open: openPubSub };

interface Job {
  readonly parts: readonly string[];
  readonly weight: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One channel per namespace carries all its topics over the connection's one listener; who is not subscribed to a topic drops its messages
 * here. Commits that notify stand in one queue in the server, so calls that wait share one statement.
 */
function openPubSub(conn: Conn, { namespace }: OpenContext): Promise<Instance<PubSub>> {
  const channel = `portico_ps_${namespace}`;
  const inboxes = new Map<string, Set<Inbox>>();
  const open = new Set<Subscription>();
  const gaps = new Set<() => void>();
  const lane = createLane<Job>({
    write: async (jobs) => {
      try {
        const parts = jobs.flatMap((job) => job.parts);
        await conn.call('pub-sub', 'select pg_notify($1, part) from unnest($2::text[]) part', [channel, textArray(parts)], {
          asArrays: true,
        });
        for (const job of jobs) job.resolve();
      } catch (error) {
        for (const job of jobs) job.reject(error);
      }
    },
    weightOf: (job) => job.weight,
    groupWeightMax: GROUP_WEIGHT_MAX,
    waitingWeightMax: WAITING_WEIGHT_MAX,
  });
  const reader = createReader((message) => {
    for (const inbox of inboxes.get(message.topic) ?? []) inbox.push(message);
  });
  let heard: ReturnType<Conn['listener']['hear']> | undefined;
  const hear = () => {
    heard ??= conn.listener.hear(channel, {
      onNotify: reader.read,
      onLive: () => {
        reader.reset();
        for (const gap of gaps) gap();
      },
    });
    return heard;
  };

  const api: PubSub = {
    async publish(messages) {
      if (messages.length === 0) return;
      const weight = messages.reduce((sum, message) => sum + check(message) + MESSAGE_WEIGHT, 0);
      const parts = messages.flatMap((message) => partsOf(message));
      await new Promise<void>((resolve, reject) => lane.push({ parts, weight, resolve, reject }));
    },

    async subscribe(topics, options) {
      checkAborted(options.signal);
      for (const topic of topics) checkTopic(topic);
      const mine = new Set<string>();
      let isLive = false;
      const remove = (topic: string) => {
        const group = inboxes.get(topic);
        group?.delete(inbox);
        if (group?.size === 0) inboxes.delete(topic);
        mine.delete(topic);
      };
      // The first time the channel is heard is the subscription's beginning, not a hole in it.
      const onGap = () => isLive && inbox.gap();
      const inbox = createInbox(options, () => {
        for (const topic of mine) remove(topic);
        gaps.delete(onGap);
        open.delete(subscription);
      });
      const subscription: Subscription = {
        get dropped() {
          return inbox.dropped;
        },
        async add(more) {
          for (const topic of more) checkTopic(topic);
          if (!open.has(subscription)) return;
          for (const topic of more) {
            mine.add(topic);
            inboxes.set(topic, (inboxes.get(topic) ?? new Set()).add(inbox));
          }
          await hear().live(options.signal);
        },
        remove(fewer) {
          for (const topic of fewer) remove(topic);
          return Promise.resolve();
        },
        close() {
          inbox.end();
          return Promise.resolve();
        },
        [Symbol.asyncIterator]: () => inbox[Symbol.asyncIterator](),
      };
      open.add(subscription);
      gaps.add(onGap);
      try {
        await subscription.add(topics);
      } catch (error) {
        inbox.end();
        throw error;
      }
      isLive = true;
      return subscription;
    },
  };
  const close = async () => {
    for (const subscription of open) await subscription.close();
    heard?.stop();
  };
  return Promise.resolve(openInstance(api, { port: 'pub-sub', adapter: 'postgres', health: () => conn.health(), close }));
}

function check({ topic, data }: Message): number {
  checkTopic(topic);
  const bytes = Buffer.byteLength(data);
  if (bytes > MESSAGE_BYTES_MAX) throw invalid(`data must be at most ${MESSAGE_BYTES_MAX} bytes`);
  if (data.includes('\0')) throw invalid('PostgreSQL carries no U+0000 in text');
  return bytes;
}

function checkTopic(topic: string): void {
  checkText('topic', topic, 200);
  if (topic.includes('\0')) throw invalid('PostgreSQL carries no U+0000 in text');
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'pub-sub', adapter: 'postgres' });
